/** What an import found, before it is written: a topology in pieces, and all that a topology cannot say. Pure data. */

export type YamlValue = string | number | boolean | readonly YamlValue[] | YamlMap;
export interface YamlMap {
  readonly [key: string]: YamlValue;
}

/** Something that the topology cannot say, or that somebody should look at. `code` is stable and CamelCase. */
export interface ImportFinding {
  readonly code: string;
  /** What it concerns: `sync orders`, `database a`. */
  readonly where: string;
  readonly message: string;
  /** What a person may run about it, one line each. */
  readonly commands?: readonly string[];
}

export interface ImportedDatabase {
  readonly name: string;
  readonly keys: YamlMap;
  readonly findings: readonly ImportFinding[];
}

export interface ImportedLink {
  /** What it was made from: `sync orders`. */
  readonly where: string;
  readonly from: string;
  readonly to: string;
  readonly keys: YamlMap;
  /** Said above it in the file. */
  readonly findings: readonly ImportFinding[];
  /** Whether it stands in the file as a comment only: it cannot be a link of this topology as it is. */
  readonly held: boolean;
}

export interface ImportedTopology {
  readonly topology: string;
  /** First lines of the file, without their `#`. */
  readonly heading: readonly string[];
  readonly databases: readonly ImportedDatabase[];
  readonly links: readonly ImportedLink[];
  /** What has no place in the file: listed at its end. */
  readonly findings: readonly ImportFinding[];
}
