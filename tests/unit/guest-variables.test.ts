import { describe, expect, test } from "bun:test";
import { expandVariables } from "../../src/access/expand.ts";
import { isForGuests } from "../../src/access/guest-variables.ts";

describe("security: the variables that guests see", () => {
  test.each([
    ["DATABASE_URL", "localhost"],
    ["REDIS_URL", "redis://localhost"],
    ["MONGODB_URI", "x"],
    ["CELERY_BROKER_URL", "x"],
    ["SENTRY_DSN", "x"],
    ["SMTP_PASS", "x"],
    ["MYSQL_PWD", "x"],
    ["DB_PWD", "x"],
    ["PGPASSWORD", "x"],
    ["GH_PAT", "x"],
    ["OPENAI_CREDENTIALS", "x"],
    ["AWS_CREDS", "x"],
    ["BASIC_AUTH", "x"],
    ["NPM_CONFIG__AUTH", "x"],
    ["OAUTH2_CLIENT", "x"],
    ["HTTP_AUTHORIZATION", "x"],
    ["SESSION_COOKIE", "x"],
    ["SSH_PRIVATE", "x"],
    ["SLACK_WEBHOOK_URL", "x"],
    ["apiKey", "x"],
    ["githubPat", "x"],
    ["db_passwd", "x"],
    ["HEARTH_PORT", "8765"],
    ["SSH_AUTH_SOCK", "/tmp/agent"],
    ["AZURE_CONNECTION_STRING", "x"],
  ])("%s is hidden for its name", (name, value) => {
    expect(isForGuests(name, value, undefined)).toBe(false);
  });

  test.each([
    ["a URL with a password", "postgres://me:hunter2@db/x"],
    ["a URL with a password and no user", "redis://:hunter2@cache"],
    ["a URL with a password among other text", "see https://a:b@c/ for more"],
    ["a key block", "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----"],
    ["an OpenAI key, short", "sk-abc123x"],
    ["a GitHub token, short", "ghp_abc123x"],
    ["a Slack token, short", "xoxb-12345678"],
    ["a token of JSON", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc"],
    ["an AWS key ID", "AKIAIOSFODNN7EXAMPLE"],
    ["an AWS key", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"],
    ["random Base64", "q83vEjRWeJCrze8SNFZ4kA=="],
    ["random text among words", "use Zx8Qw3Lp0Rt5Vn2Ks7Hd here"],
    ["random text after a name", "id:Zx8Qw3Lp0Rt5Vn2Ks7Hd"],
    ["a random query of a URL", "https://host/path?sig=Zx8Qw3Lp0Rt5Vn2Ks7Hd"],
    ["a random user of a URL", "https://Zx8Qw3Lp0Rt5Vn2Ks7Hd@host/path"],
    ["Base64 that begins with a slash", "/9s8K/xQ2vLp0Rt5Vn2Ks7HdZ8q"],
    ["a connection string", "Server=db;User=me;Password=hunter2"],
    ["JSON with a password", '{"user": "me", "password": "hunter2"}'],
    ["an authorization", "Bearer hunter2hunter2"],
  ])("%s is hidden whatever its name", (_, value) => {
    expect(isForGuests("PLACE", value, undefined)).toBe(false);
  });

  test.each([
    ["PLACE", "sub"],
    ["TALKS", "/home/neil/lawrennd/talks/_lectures/deep-learning"],
    ["TALKS", "~/Documents/lawrennd/snippets/_includes"],
    ["TALKS", "lawrennd/snippets/_includes/talks"],
    ["PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/root/.pyenv/shims"],
    ["RUN_ID", "123e4567-e89b-12d3-a456-426614174000"],
    ["COMMIT", "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12"],
    ["IMAGE", "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    ["RELEASE", "v1.24.0-0.20240101120000-abcdef123456"],
    ["SITE", "https://inverseprobability.com/talks/2024-notes"],
    ["LANG", "en_GB.UTF-8"],
    ["TZ", "Europe/London"],
    ["OLDPWD", "/srv/data"],
    ["AUTHOR", "Neil Lawrence"],
    ["COLUMNS", "80"],
    ["PATTERN", "*.csv"],
    ["LINE", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"],
  ])("%s = %s is shown", (name, value) => {
    expect(isForGuests(name, value, undefined)).toBe(true);
  });

  test.each(["HOME", "USER", "LANG", "TZ", "PWD", "TMPDIR", "BASE", "TEXINPUTS", "BIBINPUTS"])(
    "%s stays, also where its value is an unusual one, but never a password",
    (name) => {
      expect(isForGuests(name, "/var/folders/Zx/8Qw3Lp0Rt5Vn2Ks7HdZx8Qw3L/T", undefined)).toBe(true);
      expect(isForGuests(name, "ftp://me:hunter2@host/", undefined)).toBe(false);
    },
  );

  test("a list is exact: what is in it is shown, all else is hidden", () => {
    expect(isForGuests("MY_TOKEN", "hunter2", ["MY_TOKEN"])).toBe(true);
    expect(isForGuests("HOME", "/root", ["MY_TOKEN"])).toBe(false);
    expect(isForGuests("HOME", "/root", [])).toBe(false);
  });

  test("what every object has is not a variable", () => {
    const guest = { kind: "guest" } as const;
    const text = "$toString $constructor $__proto__ ${hasOwnProperty}";
    expect(expandVariables(text, guest)).toBe(text);
  });
});
