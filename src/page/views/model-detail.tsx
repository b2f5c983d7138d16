import { useState } from "preact/hooks";
import { inPath, look } from "../api.ts";
import { bytes, clock, count, duration } from "../format.ts";
import { live } from "../live.ts";
import { Empty, Failure, Panel, Tile, useAnswer, useNow } from "../parts/common.tsx";
import { Lines } from "../parts/lines.tsx";
import { hrefOf } from "../router.ts";
import { useStore } from "../store.ts";
import type { ModelFacts } from "../types.ts";
import { Chat } from "./chat.tsx";
import { ModelButtons, StateBadge, timeLeft } from "./model-parts.tsx";

/** One model: how it stands, a chat with it, what its server prints, and its command. */
export function ModelDetail({ model, atMs }: { model: ModelFacts; atMs: number }) {
  const { access, output } = useStore(live);
  const now = useNow();
  const [error, setError] = useState<unknown>(undefined);
  const lines = output?.model === model.id ? output.lines : [];
  return (
    <>
      <Panel title={model.id} actions={<ModelButtons model={model} onError={setError} />}>
        <p>
          <a href={hrefOf("models")}>All models</a> · <StateBadge model={model} /> {model.description}
        </p>
        <Failure error={error} />
        {model.reason === null ? null : (
          <div class="failure">
            <strong>{model.reason}</strong>
            {model.retryInSeconds === null ? null : (
              <p>
                Tried again in {duration(Math.max(0, model.retryInSeconds * 1000 - (now - atMs)))}, or when
                you load it.
              </p>
            )}
          </div>
        )}
        <dl class="tiles">
          <Tile name="Memory">{model.memoryBytes === null ? "–" : bytes(model.memoryBytes)}</Tile>
          <Tile name="Running">{count(model.inFlight)}</Tile>
          <Tile name="Waiting">{count(model.queued)}</Tile>
          <Tile name="Unloads in">{timeLeft(model, now - atMs)}</Tile>
          <Tile name="Loaded in">{model.loadMs === null ? "–" : duration(model.loadMs)}</Tile>
          <Tile name="Starts" note={`${count(model.failures)} failed`}>
            {count(model.starts)}
          </Tile>
          <Tile name="Last used">{model.lastUsed === null ? "–" : clock(model.lastUsed * 1000)}</Tile>
          <Tile name="Process">{model.pid === null ? "–" : String(model.pid)}</Tile>
        </dl>
      </Panel>
      <div class="columns">
        <Chat model={model.id} />
        <Panel title="What its server prints">
          {access?.admin !== true ? (
            <Empty>Its log is for the owner and keys marked admin.</Empty>
          ) : lines.length === 0 ? (
            <Empty>Nothing yet.</Empty>
          ) : (
            <Lines label={`Output of ${model.id}`} lines={lines} />
          )}
        </Panel>
      </div>
      {access?.control === true && access.server ? <Command id={model.id} /> : null}
    </>
  );
}

interface CommandFacts {
  readonly command: readonly string[];
  readonly program?: string | null;
  readonly path?: string;
  readonly [key: string]: unknown;
}

function Command({ id }: { id: string }) {
  const { answer, error } = useAnswer(id, (signal) =>
    look<CommandFacts>(`/api/models/command/${inPath(id)}`, signal),
  );
  return (
    <Panel title="Its command">
      <Failure error={error} />
      {answer === undefined ? null : (
        <dl class="facts">
          {Object.entries(answer)
            .filter(([name]) => name !== "status" && name !== "id")
            .map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>
                  <code>
                    {Array.isArray(value)
                      ? value.join(" ")
                      : typeof value === "string"
                        ? value
                        : JSON.stringify(value)}
                  </code>
                </dd>
              </div>
            ))}
        </dl>
      )}
    </Panel>
  );
}
