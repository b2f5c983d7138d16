import { look } from "../api.ts";
import { live } from "../live.ts";
import { Empty, Failure, Panel, useAnswer } from "../parts/common.tsx";
import { hrefOf } from "../router.ts";
import { useStore } from "../store.ts";

interface Listing {
  readonly directory: string;
  readonly entries: readonly { readonly name: string; readonly kind: "file" | "folder" | "link" }[];
  readonly count: number;
}

/** What lies in a folder below the roots; without one, the roots. */
export function Files({ directory, isFallback }: { directory: string; isFallback: boolean }) {
  const { status } = useStore(live);
  const roots = status?.hearth.roots;
  if (directory === "" && roots !== undefined) return <Roots roots={roots} />;
  return <Folder directory={directory === "" ? "." : directory} isFallback={isFallback} />;
}

function Roots({ roots }: { roots: readonly string[] }) {
  return (
    <Panel title="Files">
      {roots.length === 0 ? (
        <Empty>
          No folder is open. <code>hearth start --root FOLDER</code> opens one to this page.
        </Empty>
      ) : (
        <ul class="files">
          {roots.map((root) => (
            <li key={root}>
              <a href={hrefOf("data", "", { folder: root })}>{root}</a>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Folder({ directory, isFallback }: { directory: string; isFallback: boolean }) {
  const { answer, error } = useAnswer(directory, (signal) =>
    look<Listing>(`/api/files?directory=${encodeURIComponent(directory)}`, signal),
  );
  const parent = directory.replace(/\/[^/]*\/?$/, "");
  if (isFallback && error !== undefined) return null;
  return (
    <Panel title={directory}>
      <p>
        <a href={hrefOf("data")}>All folders</a>
        {parent === "" || parent === directory ? null : (
          <>
            {" · "}
            <a href={hrefOf("data", "", { folder: parent })}>Up</a>
          </>
        )}
      </p>
      <Failure error={error} />
      {answer === undefined ? null : answer.entries.length === 0 ? (
        <Empty>Nothing lies here.</Empty>
      ) : (
        <ul class="files">
          {answer.entries.map(({ kind, name }) => (
            <li key={name} class={kind}>
              <a
                href={
                  kind === "folder"
                    ? hrefOf("data", "", { folder: `${directory}/${name}` })
                    : hrefOf("data", "", { file: `${directory}/${name}` })
                }
              >
                {name}
                {kind === "folder" ? "/" : ""}
              </a>
            </li>
          ))}
        </ul>
      )}
      {answer !== undefined && answer.count > answer.entries.length ? (
        <Empty>and {answer.count - answer.entries.length} more</Empty>
      ) : null}
    </Panel>
  );
}
