import { useEffect, useState } from "preact/hooks";
import { bytes, count, duration } from "../format.ts";
import { live, want } from "../live.ts";
import { Empty, Failure, Panel, useNow, Table } from "../parts/common.tsx";
import { hrefOf, useRoute } from "../router.ts";
import { useStore } from "../store.ts";
import type { ModelFacts } from "../types.ts";
import { ModelDetail } from "./model-detail.tsx";
import { ModelButtons, StateBadge, timeLeft } from "./model-parts.tsx";

/** All models; one of them with its log and a chat. */
export function ModelsView() {
  const { rest } = useRoute();
  const { models, modelsAtMs } = useStore(live);
  const shown = models.find(({ id }) => id === rest);
  useEffect(() => want(rest === "" ? {} : { output: rest }), [rest]);
  if (rest !== "") {
    return shown === undefined ? (
      <Empty>
        No model is named “{rest}”. <a href={hrefOf("models")}>All models</a>
      </Empty>
    ) : (
      <ModelDetail key={rest} model={shown} atMs={modelsAtMs} />
    );
  }
  return (
    <Panel title="Models">
      {models.length === 0 ? (
        <Empty>
          The config names no models. Three lines of a <code>hearth.yaml</code> make one;{" "}
          <code>docs/models.md</code> shows them.
        </Empty>
      ) : (
        <ModelTable models={models} atMs={modelsAtMs} />
      )}
    </Panel>
  );
}

function ModelTable({ models, atMs }: { models: readonly ModelFacts[]; atMs: number }) {
  const now = useNow();
  const [error, setError] = useState<unknown>(undefined);
  return (
    <>
      <Failure error={error} />
      <Table
        columns={[
          "Model",
          "State",
          { number: "Memory" },
          { number: "Running" },
          { number: "Waiting" },
          { number: "Unloads in" },
          { number: "Loaded in" },
          "Do",
        ]}
      >
        {models.map((model) => (
          <tr key={model.id}>
            <td>
              <a href={hrefOf("models", model.id)}>{model.id}</a>
              {model.name === null ? null : <small>{model.name}</small>}
              {model.reason === null ? null : <small class="bad">{model.reason}</small>}
            </td>
            <td>
              <StateBadge model={model} /> {model.pinned ? "pinned" : ""}
            </td>
            <td class="number">{model.memoryBytes === null ? "–" : bytes(model.memoryBytes)}</td>
            <td class="number">{count(model.inFlight)}</td>
            <td class="number">{count(model.queued)}</td>
            <td class="number">{timeLeft(model, now - atMs)}</td>
            <td class="number">{model.loadMs === null ? "–" : duration(model.loadMs)}</td>
            <td>
              <ModelButtons model={model} onError={setError} />
            </td>
          </tr>
        ))}
      </Table>
    </>
  );
}
