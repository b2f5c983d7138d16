import { useState } from "preact/hooks";
import { json } from "../api.ts";
import { BASE } from "../base.ts";
import { Failure, Panel, useAnswer, Table } from "../parts/common.tsx";
import { go, hrefOf, useRoute } from "../router.ts";

interface Operation {
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly description?: string;
    readonly required?: boolean;
  }[];
  readonly requestBody?: { readonly content?: Readonly<Record<string, Media>> };
  readonly responses?: Readonly<
    Record<string, { readonly description?: string; readonly content?: Readonly<Record<string, Media>> }>
  >;
}

interface Media {
  readonly schema?: unknown;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly value?: unknown }>>;
}

interface Description {
  readonly info: { readonly title: string; readonly version: string; readonly description?: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: unknown;
}

interface Endpoint extends Operation {
  readonly method: string;
  readonly path: string;
}

/** The API, read from the server's own description. */
export function DocsView() {
  const { params } = useRoute();
  const text = params.get("q") ?? "";
  const { answer, error } = useAnswer("openapi", (signal) =>
    json<Description>("/openapi.json", { isWatching: true, signal }),
  );
  const endpoints = answer === undefined ? [] : endpointsOf(answer);
  const wanted = text.toLowerCase();
  const found = endpoints.filter(({ method, path, summary = "" }) =>
    `${method} ${path} ${summary}`.toLowerCase().includes(wanted),
  );
  const tags = [...new Set(found.map(({ tags: [tag = "other"] = [] }) => tag))];
  return (
    <>
      <Panel title={answer === undefined ? "API" : `${answer.info.title} ${answer.info.version}`}>
        <p>{answer?.info.description}</p>
        <Failure error={error} />
        <form class="line" onSubmit={(event: Event) => event.preventDefault()}>
          <label>
            Find{" "}
            <input
              type="search"
              value={text}
              onInput={(event: Event) =>
                go(hrefOf("docs", "", { q: (event.target as HTMLInputElement).value }), true)
              }
            />
          </label>
          <a href={`${BASE}/openapi.json`}>openapi.json</a>
        </form>
      </Panel>
      {tags.map((tag) => (
        <Panel key={tag} title={tag}>
          {found
            .filter(({ tags: [own = "other"] = [] }) => own === tag)
            .map((endpoint) => (
              <EndpointView
                key={`${endpoint.method} ${endpoint.path}`}
                endpoint={endpoint}
                whole={answer as Description}
              />
            ))}
        </Panel>
      ))}
    </>
  );
}

function endpointsOf({ paths }: Description): readonly Endpoint[] {
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      ...operation,
      method: method.toUpperCase(),
      path,
    })),
  );
}

/** A part of the description with what it refers to in the place of each reference. */
function followed<T>(part: T, description: Description): T {
  const target = (pointer: string) =>
    pointer
      .split("/")
      .slice(1)
      .reduce<unknown>((at, key) => (at as Readonly<Record<string, unknown>>)[key], description);
  const text = JSON.stringify(part, (_, value: { readonly $ref?: unknown } | null) =>
    typeof value?.$ref === "string" ? target(value.$ref) : value,
  );
  return JSON.parse(text) as T;
}

function EndpointView({ endpoint, whole }: { endpoint: Endpoint; whole: Description }) {
  const { description, method, path, summary } = endpoint;
  const [isOpen, setOpen] = useState(false);
  const { parameters = [], requestBody, responses = {} } = isOpen ? followed(endpoint, whole) : endpoint;
  const body = Object.entries(requestBody?.content ?? {});
  return (
    <details class="endpoint" onToggle={(event: Event) => setOpen((event.target as HTMLDetailsElement).open)}>
      <summary>
        <b>{method}</b> <code>{path}</code> {summary}
      </summary>
      {isOpen ? (
        <>
          {description === undefined ? null : <p>{description}</p>}
          {parameters.length === 0 ? null : (
            <Table columns={["Parameter", "In", "What"]}>
              {parameters.map(({ description: what, in: place, name, required }) => (
                <tr key={name}>
                  <td>
                    <code>{name}</code>
                    {required === true ? " (needed)" : ""}
                  </td>
                  <td>{place}</td>
                  <td>{what}</td>
                </tr>
              ))}
            </Table>
          )}
          {body.map(([type, media]) => (
            <MediaView key={type} title={`Body: ${type}`} media={media} />
          ))}
          {Object.entries(responses).map(([status, { content = {}, description: what }]) => (
            <div key={status}>
              <h4>
                {status} {what}
              </h4>
              {Object.entries(content).map(([type, media]) => (
                <MediaView key={type} title={type} media={media} />
              ))}
            </div>
          ))}
        </>
      ) : null}
    </details>
  );
}

function MediaView({ title, media }: { title: string; media: Media }) {
  const examples = [media.example, ...Object.values(media.examples ?? {}).map(({ value }) => value)].filter(
    (example) => example !== undefined,
  );
  return (
    <details>
      <summary>{title}</summary>
      {examples.map((example, index) => (
        <pre key={index} tabindex={0}>
          {typeof example === "string" ? example : JSON.stringify(example, null, 2)}
        </pre>
      ))}
      {media.schema === undefined ? null : <pre tabindex={0}>{JSON.stringify(media.schema, null, 2)}</pre>}
    </details>
  );
}
