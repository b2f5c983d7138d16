/**
 * Variables that lynguine's and lamd's own files name, and the harmless ones that every shell sets. A name in this list
 * is enough; a value that certainly is a credential stays hidden even so.
 */
export const PLAIN_VARIABLES: readonly string[] = [
  "HOME",
  "USER",
  "LANG",
  "TZ",
  "PWD",
  "TMPDIR",
  "USERPROFILE",
  "TEMP",
  "TMP",
  "BASE",
  "TEXINPUTS",
  "BIBINPUTS",
];

/** What may be anywhere in a name. */
const SECRET_PARTS =
  /^HEARTH_|KEY|TOKEN|SECRET|PASSW|PASSPHRASE|PASSCODE|CREDENTIAL|COOKIE|PRIVATE|AUTH(?!OR(?!I))|WEBHOOK|CONN(?:ECTION)?_?STR/;

/** What must be a word of its own, or end the name. */
const SECRET_WORDS =
  /(?:^|_)(?:PASS|PW|PWD|PAT|PATS|DSN|CREDS?|JWT|OTP|PIN|SALT|PEM|PFX)(?:_|\d*$)|(?:PASS|PWD|DSN|CREDS?|[a-z]Pat)$/;

/** Addresses of services that take the password in the address. */
const SERVICE_ADDRESS =
  /(?:DATABASE|DB|SQL|SQLITE|POSTGRES|PG|MONGO|REDIS|VALKEY|AMQP|RABBIT|BROKER|CELERY|KAFKA|NATS|SMTP|IMAP|MAIL|ELASTIC|LDAP|CLOUDINARY|SENTRY)[A-Z0-9]*_(?:.*_)?UR[IL]S?$/;

const PREFIXED =
  /(?:^|[^A-Za-z0-9])(?:sk-|[sr]k_(?:live|test)_|gh[opsur]_|github_pat_|glpat-|xox[a-z]-|xapp-|hf_|npm_|pypi-|dop_v1_|shp(?:at|ss|ca)_|lin_api_|SG\.|ya29\.|AIza|(?:AKIA|ASIA)(?=[A-Z0-9]{16})|AGE-SECRET-KEY-|eyJ[\w-]+\.)[\w.-]{6,}/;
const KEY_BLOCK = /-----BEGIN [A-Z0-9 ]+-----/;
const PASSWORD_IN_URL = /[a-z][a-z0-9+.-]*:\/\/[^\s/?#@]*:[^\s/?#]+@/i;
const NAMED_INSIDE =
  /(?:passw(?:or)?d|pwd|passphrase|secret|token|api[-_]?key|credentials?)["']?\s*[:=]\s*["']?[^\s"'&;]/i;
const AUTHORIZATION = /^(?:Bearer|Basic) +\S{6}/i;

/** What random text is made of. */
const RUN = /[A-Za-z0-9+/_=-]{20,}/g;
const RANDOM_BITS = 3.5;

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const HEX_DIGEST = /^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})$/i;
const VERSION = /^v?\d+(?:\.\d+)+(?:[-+][0-9A-Za-z.+-]*)?$/;
const URL_PARTS = /^[a-z][a-z0-9+.-]*:\/\/(?:([^\s/?#@]*)@)?[^?#]*(.*)$/i;

/**
 * Whether a guest may see a variable of the server's environment. With a list, exactly those in it; without one, all whose
 * name and value don't look like a secret.
 */
export function isForGuests(name: string, value: string, listed: readonly string[] | undefined): boolean {
  if (listed !== undefined) return listed.includes(name);
  if (isCredential(value)) return false;
  return PLAIN_VARIABLES.includes(name) || !(isSecretName(name) || looksRandom(value));
}

function isSecretName(name: string): boolean {
  if (name === "OLDPWD") return false;
  const upper = name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, "_").toUpperCase();
  return SECRET_PARTS.test(upper) || SECRET_WORDS.test(upper) || SERVICE_ADDRESS.test(upper);
}

/** Certain by its form, however short it is. */
function isCredential(value: string): boolean {
  return [KEY_BLOCK, PASSWORD_IN_URL, PREFIXED, NAMED_INSIDE, AUTHORIZATION].some((form) => form.test(value));
}

function looksRandom(value: string): boolean {
  return value.split(/[\s,;"'`(){}[\]<>|]+/).some(isRandomToken);
}

function isRandomToken(token: string): boolean {
  const [, user, query] = URL_PARTS.exec(token) ?? [];
  // Host and path name a place; what is before and after them may be a key.
  if (query !== undefined) return [user ?? "", ...query.split(/[?&#=]/)].some(hasRandomRun);
  if (VERSION.test(token)) return false;
  return token.split(":").some((part) => !isPath(part) && hasRandomRun(part));
}

function hasRandomRun(text: string): boolean {
  const runs = text.match(RUN) ?? [];
  return runs.some((run) => !UUID.test(run) && !HEX_DIGEST.test(run) && bitsPerCharacter(run) > RANDOM_BITS);
}

/** Shannon's entropy of the characters. */
function bitsPerCharacter(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}

/** Base64 has slashes too: so the parts of a path have to be mostly names. */
function isPath(text: string): boolean {
  if (!text.includes("/") || /[+=]/.test(text)) return false;
  const isRooted = /^(?:\/|~|\.{1,2}\/)/.test(text);
  const parts = text.split("/").filter((part) => part !== "" && part !== "~");
  const names = parts.filter(isName);
  return isRooted ? names.length * 2 > parts.length || parts.length === 0 : names.length === parts.length;
}

/** Words, numbers, and the two together: "my-talks", "python3", "LectureNotes", ".config", "2024-05". */
function isName(part: string): boolean {
  if (HEX_DIGEST.test(part) || UUID.test(part) || VERSION.test(part)) return true;
  return part.split(/[-_.~@ ]+/).every((piece) => {
    const words = piece.match(/[A-Z]?[a-z]+|[A-Z]+|\d+/g) ?? [];
    return words.length < 2 || piece.length / words.length >= 3 || piece.length <= 4;
  });
}
