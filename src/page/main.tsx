import { render } from "preact";
import { App } from "./app.tsx";
import { ApiError } from "./api.ts";
import { connect, live } from "./live.ts";
import { signInByCode } from "./sign-in.ts";

/** `#open=CODE` is a sign-in by `hearth open`. The code leaves the address before anything else happens. */
async function signIn(): Promise<void> {
  const code = /^#open=([0-9a-f]+)$/.exec(location.hash)?.[1];
  if (code === undefined) return;
  history.replaceState(null, "", location.pathname);
  try {
    await signInByCode(code);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    signInProblem = error;
  }
}

let signInProblem: ApiError | undefined;

async function start(): Promise<void> {
  const place = document.getElementById("page");
  if (place === null) return;
  await signIn().catch(() => live.patch({ connection: "lost" }));
  render(<App problem={signInProblem} />, place);
  connect();
}

void start();
