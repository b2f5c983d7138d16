#!/usr/bin/env node
import { runCli } from "./run.ts";

// All output is written by then, and a connection kept alive must not keep us.
process.exit(await runCli(process.argv.slice(2)));
