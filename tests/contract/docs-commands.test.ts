import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Block, PAGES, readBlocks } from "../support/pages.ts";
import { pythonWithClient } from "../support/python.ts";
import { Reader } from "../support/reader.ts";
import { PROJECT, TARGETS } from "../support/targets.ts";

const SERVICE = "needs the system's service manager; tests/contract/service.test.ts has one that stands in";
const COMPLETIONS = "asks which shell it is that one uses; tests/unit/completions-install.test.ts has them";
const CONTAINER = "needs docker";
const RELEASE = "installs and builds for minutes; tests/long/release.test.ts does that";
const ARCHIVE = "needs a release; tests/embed/release.test.ts makes one and unpacks it";

/** Commands that no test can run, by page and by how they begin, each with the reason. */
const NOT_RUN: Commands = {
  "README.md": {
    "npm ci && npm run demo": "installs; tests/embed/demo.test.ts runs the demo",
    "npm ci && npm test": "these tests themselves",
  },
  "docs/benchmarks.md": {
    "hearth bench training": "trains with mlx-lm for half a minute; tests/contract/bench.test.ts does that",
  },
  "docs/cli.md": {
    "hearth service install": SERVICE,
    "hearth completions install": COMPLETIONS,
    "hearth upgrade": "asks the public registry; tests/contract/upgrade.test.ts has one of its own",
    "hearth man": "shows it by a program that is not everywhere; tests/unit/man.test.ts looks at the page",
  },
  "docs/quick-start.md": {
    sha256sum: ARCHIVE,
    "tar -xzf": ARCHIVE,
    "install hearth": ARCHIVE,
    "hearth completions install": COMPLETIONS,
    "git clone": "the address of the repository is the reader's",
    "npm ci": "installs",
    "npm run build": "is done before the tests",
  },
  "docs/releasing.md": {
    "npm ci": RELEASE,
    "npm run release": RELEASE,
    "docker build": CONTAINER,
    "docker run": CONTAINER,
    "curl -H": CONTAINER,
  },
  "docs/service.md": {
    "hearth service": SERVICE,
    loginctl: SERVICE,
    systemctl: SERVICE,
    "rm ~/.config/systemd": SERVICE,
    "curl -H": "asks the machine of a team by its name",
  },
  "docs/recipes/open-webui.md": { "docker run": "fetches a container of some gigabytes" },
};

/** Commands of pages that show something else than what is printed, until that is mended. */
const MISMATCHES: Commands = {
  "docs/api.md": {
    "curl -s http://127.0.0.1:8765/api/operations": "shows the list as it began before there were functions",
  },
};

/** Beginnings of commands by page, each with the reason why it is listed. */
type Commands = Readonly<Record<string, Readonly<Record<string, string>>>>;

interface Plan {
  /** Where its reader stands at first, from the home folder: the folder of the examples unless it says so. */
  readonly folder?: string;
  /** Named files that the page shows further down. */
  readonly first?: readonly string[];
  /** What its reader has done beside what the page shows, before the file of that name or the command that begins so. */
  readonly before?: Readonly<Record<string, string>>;
}

/** Tables that pages speak of. */
const COPY_EXAMPLES = "cp ~/hearth/examples/*.csv .";

const PLANS: Readonly<Record<string, Plan>> = {
  "README.md": {
    folder: "hearth",
    before: { "hearth.yaml": "cd ~/project", "hearth start": "cd ~/hearth; export HEARTH_PORT=8765" },
  },
  "docs/api.md": {
    folder: "project",
    before: {
      "curl -s http://127.0.0.1:8765/api/ping": "hearth ping",
      "curl -s http://127.0.0.1:8765/api/read_data --json": `${COPY_EXAMPLES}; hearth start`,
      "curl -s http://127.0.0.1:8765/v1": "hearth stop; hearth start --config models.yaml",
    },
  },
  "docs/cli.md": {
    before: {
      "hearth models load":
        "cp bad.yaml ~/project; mv models.yaml ~/project/hearth.yaml; cd ~/project; unset HEARTH_PORT; hearth trust",
      "git diff": "git init -q",
      "hearth serve": "mkdir ~/data; cd ~/hearth; export HEARTH_PORT=8765",
      "hearth status": "hearth stop",
      "hearth logs -n":
        "hearth ping; hearth write two.csv --input examples/people.csv; until hearth logs -n 1 | grep -q write_data; do sleep 0.05; done",
      "hearth start --root": "hearth stop",
      "hearth logs --request": `
        hearth start
        curl -s http://127.0.0.1:8765/api/read_data -H 'x-request-id: my-id-1' --json '{"data_source": {"type": "csv", "filename": "examples/cities.csv"}}'
        until hearth logs --request my-id-1 | grep -q my-id-1; do sleep 0.05; done`,
      "hearth config check": "cd ~/project",
      "hearth doctor": "cd ~",
    },
  },
  "docs/compute.md": {
    before: { curl: "hearth start", "hearth.yaml": "cp *.csv ~/project; cd ~/project" },
  },
  "docs/configuration.md": {
    folder: "project",
    before: {
      "hearth config show": "mkdir ../shared-data",
      "hearth serve --no-tcp": "mkdir ~/data; cp ~/hearth/examples/cities.csv ~/data; cd ~/data",
      "curl --unix-socket":
        "hearth serve --no-tcp --guest-socket ~/hearth.sock --root ~/data > /dev/null 2>&1 & until [ -S ~/hearth.sock ]; do sleep 0.05; done",
    },
  },
  "docs/embedding.md": {
    before: {
      curl: "PORT=3000 node examples/embed.ts > /dev/null 2>&1 & until curl -s localhost:3000 > /dev/null; do sleep 0.05; done",
    },
    folder: "hearth",
  },
  "docs/evaluation.md": {
    folder: "hearth",
    first: ["suite.yaml"],
    before: { "hearth eval": "unset HEARTH_PORT; hearth trust" },
  },
  "docs/formats.md": {
    folder: "project",
    before: {
      cat: `${COPY_EXAMPLES}; cp ${join(PROJECT, "tests/contract/data/fixtures/book.xlsx")} .; hearth start`,
    },
  },
  "docs/interfaces.md": {
    folder: "project",
    before: {
      "people.yml": `${COPY_EXAMPLES}; cp ~/hearth/examples/talk.md .; mkdir ../shared; echo 'tags: []' > ../shared/base.yml`,
      curl: "hearth start",
    },
  },
  "docs/lynguine.md": {
    folder: "project",
    before: {
      "hearth lynguine":
        "python3 -m venv --without-pip .venv; cd .venv/lib/python3*/site-packages; mkdir lynguine-0.1.2.dist-info; printf 'Name: lynguine\\nVersion: 0.1.2\\n' > lynguine-0.1.2.dist-info/METADATA; cd ~/project",
    },
  },
  "docs/models.md": {
    folder: "project",
    before: { "hearth models check": "mkdir -p ~/venv/bin; cp $(which mlx_lm.server) ~/venv/bin" },
  },
  "docs/quick-start.md": { folder: "hearth", before: { "hearth.yaml": "cd ~/project" } },
  "docs/recipes/notebooks.md": {
    before: {
      "hearth.yaml": `echo '{"Why is the sky blue?": {"content": "Air scatters blue light more than red."}}' > ~/answers.json`,
    },
  },
  "docs/service.md": { before: { head: "mkdir -p ~/.config/hearth" } },
  "docs/troubleshooting.md": {
    before: {
      "hearth logs": "hearth ping",
      "hearth serve --port 18799": `
        node -e 'require("node:http").createServer((_, answer) => answer.end()).listen(18799, "127.0.0.1")' &
        until curl -s 127.0.0.1:18799; do sleep 0.05; done`,
      HEARTH_CACHE_DIR: "hearth stop",
    },
  },
};

const python = TARGETS.includes("binary") ? await pythonWithClient() : undefined;

describe.skipIf(!TARGETS.includes("binary"))("the commands of", () => {
  const pages = PAGES.filter((page) => readBlocks(page).some(({ commands }) => commands.length > 0));
  for (const page of pages) {
    test.skipIf(needsPython(page) && python === undefined)(
      `${page} do what it shows`,
      () => runPage(page),
      120_000,
    );
  }
});

test.each(Object.entries({ NOT_RUN, MISMATCHES }))("what stands in %s is in its page", (_, listed) => {
  const gone = Object.entries(listed).flatMap(([page, starts]) => {
    const texts = readBlocks(page).flatMap(({ commands }) => commands.map(({ text }) => text));
    return Object.keys(starts).filter((start) => !texts.some((text) => text.startsWith(start)));
  });
  expect(gone).toEqual([]);
});

function isListed(list: Commands, page: string, text: string): boolean {
  return Object.keys(list[page] ?? {}).some((start) => text.startsWith(start));
}

function needsPython(page: string): boolean {
  return readBlocks(page).some(({ commands }) =>
    commands.some(({ text }) => /\bpython\b/.test(text) && !isListed(NOT_RUN, page, text)),
  );
}

async function runPage(page: string): Promise<void> {
  const { folder = "hearth/examples", first = [], before = {} } = PLANS[page] ?? {};
  const fixtures = join(PROJECT, "tests/fixtures/pages", page.replace(/\.md$/, ""));
  await using reader = await Reader.open(folder, existsSync(fixtures) ? fixtures : undefined, python);
  const wrong: object[] = [];
  const steps = new Map(Object.entries(before));
  const prepare = async (what: string): Promise<void> => {
    for (const [start, script] of steps) {
      if (!what.startsWith(start)) continue;
      steps.delete(start);
      await reader.prepare(script);
    }
  };
  const blocks = readBlocks(page);
  const isFirst = ({ file }: Block) => file !== undefined && first.includes(file);
  for (const { commands, file, text } of [
    ...blocks.filter(isFirst),
    ...blocks.filter((block) => !isFirst(block)),
  ]) {
    if (file !== undefined) {
      await prepare(file);
      await reader.write(file, text);
    }
    for (const command of commands) {
      if (isListed(NOT_RUN, page, command.text)) continue;
      await prepare(command.text);
      const mismatch = await reader.follow(command);
      const isKnown = isListed(MISMATCHES, page, command.text);
      if (isKnown !== (mismatch !== undefined))
        wrong.push({ at: `${page}:${command.line}`, isKnown, ...mismatch });
    }
  }
  expect({ wrong, steps: [...steps.keys()] }).toEqual({ wrong: [], steps: [] });
}
