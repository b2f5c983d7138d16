import { withoutCompression } from "./bytes.ts";

/** A reader or writer before it is loaded: enough to choose it, without the code and libraries behind it. */
export interface Descriptor<T> {
  readonly type: string;
  /** Lower case, with the dot. */
  readonly extensions: readonly string[];
  readonly mediaTypes: readonly string[];
  load(): Promise<T>;
}

/** Readers or writers by type, extension and media type, each loaded when first used. */
export interface Registry<T> {
  readonly types: readonly string[];
  /** The type for a file name, a compression's extension aside (`a.csv.gz` is csv); undefined when none knows it. */
  typeOfFile(filename: string): string | undefined;
  /** The type for a content type, its parameters and case aside. */
  typeOfMedia(mediaType: string): string | undefined;
  has(type: string): boolean;
  /** Loads it, or gives what was loaded before without waiting. Undefined for unknown types. */
  get(type: string): Promise<T> | T | undefined;
}

/** Makes a registry of descriptors; loads nothing. */
export function createRegistry<T>(descriptors: readonly Descriptor<T>[]): Registry<T> {
  const byType = new Map(descriptors.map((descriptor) => [descriptor.type, descriptor]));
  const loaded = new Map<string, T>();
  const typeOf = (matches: (descriptor: Descriptor<T>) => boolean) => descriptors.find(matches)?.type;
  return {
    types: descriptors.map(({ type }) => type),
    typeOfFile: (filename) => {
      const name = withoutCompression(filename.toLowerCase());
      return typeOf(({ extensions }) => extensions.some((extension) => name.endsWith(extension)));
    },
    typeOfMedia: (mediaType) => {
      const essence = (mediaType.split(";")[0] ?? "").trim().toLowerCase();
      return typeOf(({ mediaTypes }) => mediaTypes.includes(essence));
    },
    has: (type) => byType.has(type),
    get: (type) => loaded.get(type) ?? load(byType.get(type), loaded),
  };
}

function load<T>(descriptor: Descriptor<T> | undefined, loaded: Map<string, T>): Promise<T> | undefined {
  return descriptor?.load().then((item) => {
    loaded.set(descriptor.type, item);
    return item;
  });
}
