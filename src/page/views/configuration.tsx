import { look } from "../api.ts";
import { live } from "../live.ts";
import { Empty, Failure, Panel, useAnswer, Table } from "../parts/common.tsx";
import { useStore } from "../store.ts";

interface Origin {
  readonly value: unknown;
  readonly origin: string;
  readonly [key: string]: unknown;
}

interface Config {
  readonly settings: Readonly<Record<string, Origin>>;
  readonly config: { readonly path?: string } | null;
  readonly warnings: readonly string[];
  readonly roots: readonly string[];
  readonly kept: Kept | null;
}

/** Why the server does not go by its config as it is now. */
interface Kept {
  readonly since: string;
  readonly settings: readonly string[];
  readonly detail: string;
  readonly hint: string;
}

/** Each setting, its value, and where that came from. */
export function ConfigurationView() {
  const { access } = useStore(live);
  if (access?.server !== true) return <Empty>The program that holds this hearth configures it.</Empty>;
  return <Settings />;
}

function Settings() {
  const { connection } = useStore(live);
  const { answer, error } = useAnswer(`config ${connection}`, (signal) =>
    look<Config>("/api/config", signal),
  );
  return (
    <Panel title="Configuration">
      <Failure error={error} />
      {answer === undefined ? null : (
        <>
          <p>
            Config file: <code>{answer.config?.path ?? "none"}</code>
          </p>
          <p>
            Folders open to guests:{" "}
            {answer.roots.length === 0 ? "none" : answer.roots.map((root) => <code key={root}>{root} </code>)}
          </p>
          {answer.kept === null ? null : (
            <p class="bad" role="status">
              {keptText(answer.kept)}
            </p>
          )}
          {answer.warnings.map((warning) => (
            <p key={warning} class="bad">
              {warning}
            </p>
          ))}
          <Table columns={["Setting", "Value", "From"]}>
            {Object.entries(answer.settings).map(([name, { origin, value, ...more }]) => (
              <tr key={name}>
                <td>{name}</td>
                <td>
                  <code>{valueText(value)}</code>
                </td>
                <td>
                  {origin}
                  {Object.values(more).map((detail) => (
                    <small key={String(detail)}>{valueText(detail)}</small>
                  ))}
                </td>
              </tr>
            ))}
          </Table>
        </>
      )}
    </Panel>
  );
}

function keptText({ detail, hint, settings, since }: Kept): string {
  const what =
    settings.length === 0
      ? `its settings of ${new Date(since).toLocaleTimeString()}`
      : `what it had for ${settings.join(", ")} until a restart`;
  return `The server keeps ${what}: ${detail}. ${hint}`;
}

function valueText(value: unknown): string {
  if (value === undefined || value === null) return "none";
  return typeof value === "string" ? value : JSON.stringify(value);
}
