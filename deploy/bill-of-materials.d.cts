import type { Metafile } from 'esbuild';

export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** SPDX. */
  readonly licence: string;
}

export function bundledPackages(
  metafiles: Iterable<Pick<Metafile, 'outputs'>>,
  permissive?: ReadonlySet<string>,
): BundledPackage[];
export function cycloneDx(
  packages: readonly BundledPackage[],
  of: { readonly name: string; readonly version: string },
): Readonly<Record<string, unknown>>;
export const PERMISSIVE: ReadonlySet<string>;
