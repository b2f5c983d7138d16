import { describe, expect, test } from "bun:test";
import { parseConfig } from "../../src/config/file.ts";
import type { HearthError } from "../../src/errors.ts";
import { splitCommand } from "../../src/models/config/command-line.ts";
import { expandSet } from "../../src/models/config/matrix.ts";
import { readModels } from "../../src/models/config/read-models.ts";

function read(text: string, env: Record<string, string> = {}, user?: string) {
  const own = parseConfig(text, "hearth.yaml");
  expect(own.problems).toEqual([]);
  const section = user === undefined ? undefined : parseConfig(user, "user.yaml").models;
  return readModels({ own: own.models, user: section }, env);
}

function problemsOf(text: string, env: Record<string, string> = {}): string {
  try {
    read(text, env);
  } catch (error) {
    return (error as HearthError).message;
  }
  return "";
}

const FULL = `
healthCheckTimeout: 500
logLevel: info
startPort: 10001
globalTTL: 60
macros:
  latest: >
    /opt/llama/llama-server
    --port \${PORT}
  ctx: 4096
  defaults: "--ctx-size \${ctx}"
  dir: "\${env.MODELS}/gguf"
apiKeys: ["sk-one", {key: "\${env.KEY}", models: [big], admin: true}]
models:
  big:
    macros: {ctx: 16384, temp: 0.7}
    cmd: |
      # the newest
      \${latest}
      --model \${dir}/big.gguf \\
      \${defaults} --temp \${temp}
    env: ["CUDA_VISIBLE_DEVICES=0,1"]
    aliases: [gpt-4o, {id: gpt-4o-mini, name: Mini, unlisted: true}]
    filters:
      stripParams: "temperature, top_p, model"
      setParamsByID:
        "\${MODEL_ID}:high": {reasoning_effort: high}
    metadata: {port: "\${PORT}", temp: "\${temp}", note: "\${MODEL_ID} on \${PORT}"}
    ttl: 0
  org/small:
    proxy: http://127.0.0.1:8999/
    cmd: docker run --name \${MODEL_ID} -p 8999:8080 image
    cmdStop: docker stop \${MODEL_ID}
    checkEndpoint: none
    concurrencyLimit: 2
groups:
  pair: {swap: false, exclusive: false, members: [big, org/small]}
hooks: {on_startup: {preload: [gpt-4o]}}
`;

describe("a config of llama-swap's", () => {
  const { config, warnings } = read(FULL, { MODELS: "/m", KEY: "secret" });
  const big = config.models.get("big");
  const small = config.models.get("org/small");

  test("runs as it is: macros, comments, ports", () => {
    expect(warnings).toEqual([]);
    expect(big?.command).toEqual([
      "/opt/llama/llama-server",
      "--port",
      "${PORT}",
      "--model",
      "/m/gguf/big.gguf",
      "--ctx-size",
      "16384",
      "--temp",
      "0.7",
    ]);
    expect(big).toMatchObject({ proxy: "http://localhost:${PORT}", port: 10001, startTimeoutMs: 500_000 });
    expect(big?.listing.metadata).toEqual({ port: 10001, temp: 0.7, note: "big on 10001" });
    expect(small).toMatchObject({
      proxy: "http://127.0.0.1:8999",
      port: undefined,
      checkEndpoint: undefined,
    });
    expect(small?.stopCommand).toEqual(["docker", "stop", "org/small"]);
  });

  test("has its defaults filled in", () => {
    expect(big).toMatchObject({
      ttlSeconds: 0,
      stopTimeoutMs: 10_000,
      queueLimit: 1000,
      concurrencyLimit: 0,
    });
    expect(small).toMatchObject({ ttlSeconds: 60, concurrencyLimit: 2 });
    expect(big?.filters.strip).toEqual(["temperature", "top_p"]);
    expect(config.fairnessMs).toBe(3000);
  });

  test("knows a model by all its names", () => {
    expect(Object.fromEntries(config.names)).toEqual({
      big: "big",
      "org/small": "org/small",
      "gpt-4o": "big",
      "gpt-4o-mini": "big",
      "big:high": "big",
    });
    expect(config.preload).toEqual(["big"]);
    expect(config.groups).toMatchObject([{ id: "pair", members: ["big", "org/small"], swap: false }]);
    expect(config.apiKeys).toEqual([
      { key: "sk-one", models: undefined, isAdmin: false },
      { key: "secret", models: ["big"], isAdmin: true },
    ]);
  });
});

describe("what is wrong in a config", () => {
  test.each([
    [
      "models: {a: {cmd: 'x --port ${PORT}', ttl: soon}}\n",
      'hearth.yaml:1:44: models.a.ttl: expected seconds, -1 or more, got "soon"',
    ],
    ["models:\n  a: {name: x}\n", "hearth.yaml:2:6: models.a: needs cmd"],
    ["models:\n  a: {cmd: run}\n", "models.a.cmd: the port is unknown"],
    ["models:\n  a: {cmd: 'run ${PORT} ${nope}'}\n", "hearth.yaml:2:12: models.a.cmd: unknown macro ${nope}"],
    ["models:\n  a: {cmd: 'run ${env.NOT_THERE}'}\n", "the environment has no variable NOT_THERE"],
    ['models:\n  a: {cmd: "run \'x ${PORT}"}\n', "a quote has no end"],
    [
      "models:\n  a: {cmd: 'a ${PORT}', aliases: [x]}\n  b: {cmd: 'b ${PORT}', aliases: [x]}\n",
      '"x" names the model "a" already',
    ],
    [
      "models:\n  a: {cmd: 'a ${PORT}'}\ngroups: {g: {members: [aa]}}\n",
      'hearth.yaml:3:24: groups.g.members.0: there is no model "aa". Did you mean "a"?',
    ],
    [
      "models:\n  a: {server: {type: mlx-lm, model: m, contextSize: 9}}\n",
      "has no contextSize. mlx_lm server has no such flag",
    ],
    ["models:\n  a: {server: {type: mlx, model: m}}\n", 'expected mlx-lm, llama-server or vllm, got "mlx"'],
    ["models:\n  a: {cmd: 'a ${PORT}', filters: {setParams: {model: b}}}\n", "give useModelName"],
    ["models:\n  a: {cmd: 'a ${PORT}', env: [nonsense]}\n", "expected NAME=value"],
    [
      "apiKeys: [x, {key: x, models: []}]\n",
      "apiKeys.1: expected another key: this one is in the list already",
    ],
    [
      "apiKeys: [x, {key: x, admin: true}]\n",
      "apiKeys.1: expected another key: this one is in the list already",
    ],
    ["apiKeys: ['  ']\n", "apiKeys.0: expected a key, got an empty text"],
    ["apiKeys: [hearth-page-x]\n", "expected another key"],
    ["models:\n  a: {cmd: 'a ${PORT}'}\nmatrix: {vars: {a: a}, sets: {s: 'a & ('}}\n", "it ends too early"],
  ])("%j is told with its place", (text, message) => {
    expect(problemsOf(text)).toContain(message);
  });

  test("unknown keys are warned of, with the nearest", () => {
    const { warnings } = read("models:\n  a:\n    cmd: x ${PORT}\n    chekEndpoint: /x\n");
    expect(warnings).toEqual([
      'hearth.yaml:4:5: unknown key "models.a.chekEndpoint" is ignored; did you mean "checkEndpoint"?',
    ]);
  });
});

test("a project takes the user's models beside its own", () => {
  const user = "macros: {p: --port}\nmodels: {a: {cmd: 'ua ${p} ${PORT}'}, b: {cmd: 'ub ${PORT}'}}\n";
  const { config } = read("extends: user\nmodels: {b: {cmd: 'own ${PORT}'}}\n", {}, user);
  expect([...config.models].map(([id, { command, port }]) => [id, command[0], port])).toEqual([
    ["a", "ua", 5800],
    ["b", "own", 5801],
  ]);
});

test("a typed server becomes its command, and what it takes with requests", () => {
  const { config } = read(`
models:
  chat:
    server:
      type: mlx-lm
      program: /venv/bin/python -m mlx_lm server
      model: /m/tiny
      loraAdapter: /m/lora
      promptCache: {bytes: 1GiB}
      sampling: {temperature: 0.2, repetitionPenalty: 1.1, stop: [END]}
      args: [--log-level, DEBUG]
`);
  const chat = config.models.get("chat");
  expect(chat?.command.join(" ")).toBe(
    "/venv/bin/python -m mlx_lm server --model /m/tiny --adapter-path /m/lora --host 127.0.0.1 --port ${PORT} " +
      "--temp 0.2 --prompt-cache-bytes 1073741824 --log-level DEBUG",
  );
  expect(chat).toMatchObject({
    proxy: "http://127.0.0.1:${PORT}",
    upstreamName: "default_model",
    port: 5800,
  });
  expect(chat?.filters.defaults).toEqual({ repetition_penalty: 1.1, stop: ["END"] });
});

test("a command is split as a shell does it, without one", () => {
  expect(splitCommand(`run 'a b' "c $HOME" d\\ e\n# not this\n  --x=1 \\\n  --y`)).toEqual([
    "run",
    "a b",
    "c $HOME",
    "d e",
    "--x=1",
    "--y",
  ]);
});

test("sets of models expand", () => {
  const sets = new Map([["llms", "g | q"]]);
  expect(expandSet("(g | q | m) & v", sets)).toEqual([
    ["g", "v"],
    ["q", "v"],
    ["m", "v"],
  ]);
  expect(expandSet("+llms & v", sets)).toEqual([
    ["g", "v"],
    ["q", "v"],
  ]);
  expect(expandSet("(a | b) & (c | d)", sets)).toEqual([
    ["a", "c"],
    ["a", "d"],
    ["b", "c"],
    ["b", "d"],
  ]);
});
