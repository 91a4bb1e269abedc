import type { Plugin } from 'esbuild';

declare function bundlePlugins(serverless?: unknown): Plugin[];
export = bundlePlugins;
