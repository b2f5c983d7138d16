import type { FunctionComponent } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { ApiError } from "./api.ts";
import { credential, keepCredential } from "./credential.ts";
import { signInBy } from "./sign-in.ts";
import { connect, live, want } from "./live.ts";
import { Failure } from "./parts/common.tsx";
import { hrefOf, useRoute } from "./router.ts";
import { useStore } from "./store.ts";
import { ActivityView } from "./views/activity.tsx";
import { ConfigurationView } from "./views/configuration.tsx";
import { LogsView } from "./views/logs.tsx";
import { ModelsView } from "./views/models.tsx";
import { OverviewView } from "./views/overview.tsx";

interface View {
  readonly name: string;
  readonly title: string;
  /** Only for who controls the server. */
  readonly isOwners?: boolean;
  readonly show: FunctionComponent;
}

/** A view of its own size, loaded when it is first shown. */
function lazily(load: () => Promise<FunctionComponent>): FunctionComponent {
  let loaded: FunctionComponent | undefined;
  return function Lazy() {
    const [, setReady] = useState(loaded !== undefined);
    useEffect(() => {
      if (loaded !== undefined) return;
      void load().then((view) => {
        loaded = view;
        setReady(true);
      });
    }, []);
    const Loaded = loaded;
    return Loaded === undefined ? <p class="empty">One moment…</p> : <Loaded />;
  };
}

const VIEWS: readonly View[] = [
  { name: "overview", title: "Overview", show: OverviewView },
  { name: "models", title: "Models", show: ModelsView },
  { name: "data", title: "Data", show: lazily(async () => (await import("./views/data.tsx")).DataView) },
  { name: "activity", title: "Activity", isOwners: true, show: ActivityView },
  { name: "logs", title: "Logs", isOwners: true, show: LogsView },
  {
    name: "benchmarks",
    title: "Benchmarks",
    isOwners: true,
    show: lazily(async () => (await import("./views/benchmarks.tsx")).BenchmarksView),
  },
  { name: "configuration", title: "Configuration", isOwners: true, show: ConfigurationView },
  { name: "docs", title: "API", show: lazily(async () => (await import("./views/docs.tsx")).DocsView) },
];

/** The whole page: a bar with the views, how the server stands, and the view that is shown. */
export function App({ problem }: { problem: ApiError | undefined }) {
  const { view } = useRoute();
  const { access, connection } = useStore(live);
  const shown = VIEWS.find(({ name }) => name === view) ?? (VIEWS[0] as View);
  useEffect(() => {
    document.title = `${shown.title} · hearth`;
    // What a view needs besides, it asks for itself.
    if (shown.name !== "logs" && shown.name !== "models") want({});
  }, [shown.name]);
  useEffect(() => {
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  const isSignedIn = access?.control === true;
  const needsSignIn =
    connection === "refused" || (shown.isOwners === true && access !== undefined && !isSignedIn);
  const Shown = shown.show;
  return (
    <>
      <a class="skip" href="#main" onClick={toMain}>
        Skip to the view
      </a>
      <header class="bar">
        <a class="name" href={hrefOf("overview")}>
          hearth
        </a>
        <nav aria-label="Views">
          {VIEWS.map(({ name, title }, index) => (
            <a
              key={name}
              href={hrefOf(name)}
              aria-current={name === shown.name ? "page" : undefined}
              title={`${title} (${index + 1})`}
            >
              {title}
            </a>
          ))}
        </nav>
        <Standing />
      </header>
      <main id="main" tabindex={-1}>
        <h1 class="sr">{shown.title}</h1>
        <Failure error={problem} />
        {needsSignIn ? <SignIn isRefused={connection === "refused"} /> : <Shown key={shown.name} />}
      </main>
    </>
  );
}

function toMain(event: Event): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

/** 1 to 8 go to the views, where nothing is being written. */
function onKey(event: KeyboardEvent): void {
  const target = event.target as HTMLElement;
  if (event.ctrlKey || event.metaKey || event.altKey || /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
    return;
  if (event.key === "/") {
    const field = document.querySelector<HTMLInputElement>("main input[type=search]");
    if (field === null) return;
    event.preventDefault();
    field.focus();
    return;
  }
  const view = /^[1-9]$/.test(event.key) ? VIEWS[Number(event.key) - 1] : undefined;
  if (view !== undefined) location.hash = hrefOf(view.name);
}

/** Whether the server is there, and the button that wakes it. */
function Standing() {
  const { access, connection } = useStore(live);
  const words = {
    connecting: "connecting…",
    live: "live",
    asleep: "asleep",
    lost: "no answer",
    refused: "signed out",
    stranger: "another program is here",
  }[connection];
  const isStranger = connection === "stranger";
  const isGone = connection === "asleep" || connection === "lost" || isStranger;
  return (
    <div class="standing" role="status">
      <span class={`dot ${connection}`} />
      <span>{words}</span>
      {isGone ? (
        <button type="button" onClick={connect}>
          {connection === "asleep" ? "Wake" : "Try again"}
        </button>
      ) : null}
      {isGone ? (
        <small>
          {isStranger ? "Your sign-in was not sent to it. " : "If nothing comes, "}
          {isStranger ? "To find the server: " : "run "}
          <code>{isStranger ? "hearth status" : "hearth open"}</code>.
        </small>
      ) : null}
      {access?.isPage || credential() !== undefined ? (
        <button type="button" class="plain" onClick={signOut}>
          Sign out
        </button>
      ) : null}
    </div>
  );
}

function signOut(): void {
  keepCredential(undefined);
  connect();
}

/** How to become the owner here, or to come in at all. */
function SignIn({ isRefused }: { isRefused: boolean }) {
  const [value, setValue] = useState("");
  const [problem, setProblem] = useState<unknown>();
  const enter = async (event: Event) => {
    event.preventDefault();
    try {
      await signInBy(value.trim());
      setProblem(undefined);
      connect();
    } catch (error) {
      setProblem(error);
    }
  };
  return (
    <section class="panel narrow" aria-label="Sign in">
      <header>
        <h2>{isRefused ? "This server wants a sign-in" : "This is for the owner of the server"}</h2>
      </header>
      <p>
        Run <code>hearth open</code> in a terminal as the user who runs the server: it opens this page signed
        in.
      </p>
      <Failure error={problem} />
      <form onSubmit={(event: Event) => void enter(event)} class="line">
        <label>
          Or a token or key{" "}
          <input
            type="password"
            autocomplete="off"
            value={value}
            onInput={(event: Event) => setValue((event.target as HTMLInputElement).value)}
          />
        </label>
        <button type="submit">Sign in</button>
      </form>
    </section>
  );
}
