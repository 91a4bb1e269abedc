/** S3 Inventory reports: which objects they list. */
import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { parse } from 'csv-parse';
import { CommandError, whyUnreadable } from '../errors.ts';
import { parseObjectUri } from '../s3-uri.ts';
import type { ListedObject } from './listed-object.ts';

/** A report's part has about a million rows; more than this much text is no part of one. */
const LARGEST_PART_BYTES = 1024 ** 3;

/**
 * The current objects of a report: its manifest.json, or one of its CSV files (gzipped or not), local or s3://. Older
 * versions and delete markers are left out, as far as the report tells them.
 *
 * @throws CommandError when it cannot be read or is no such file.
 */
export async function* readInventory(place: string, s3: S3Client): AsyncGenerator<ListedObject> {
  if (!place.endsWith('.json')) {
    yield* readPart(await readBytes(place, s3), place);
    return;
  }
  const manifest = readManifest((await readBytes(place, s3)).toString('utf8'), place);
  for (const file of manifest.files) yield* readPart(await readBytes(file, s3), file, manifest.columns);
}

interface Manifest {
  readonly columns: readonly string[];
  /** s3:// URIs. */
  readonly files: readonly string[];
}

function readManifest(text: string, place: string): Manifest {
  const { fileFormat, fileSchema, files, destinationBucket } = parseJson(text, place);
  if (fileFormat !== 'CSV' && typeof fileFormat === 'string') {
    throw new CommandError(`${place} is of ${fileFormat} files: only an inventory in CSV can be read`);
  }
  const bucket = String(destinationBucket).replace(/^arn:[^:]+:s3:::/, '');
  const keys = (Array.isArray(files) ? files : []).map((file: { key?: unknown }) => file.key);
  if (fileFormat !== 'CSV' || typeof fileSchema !== 'string' || !keys.every((key) => typeof key === 'string')) {
    throw new CommandError(
      `${place} is not the manifest of an S3 Inventory: fileFormat, fileSchema or files are missing`,
    );
  }
  return {
    columns: fileSchema.split(',').map((column) => column.trim()),
    files: keys.map((key) => `s3://${bucket}/${key}`),
  };
}

function parseJson(text: string, place: string): Record<string, unknown> {
  try {
    return { ...(JSON.parse(text) as Record<string, unknown>) };
  } catch (cause) {
    throw new CommandError(`${place} is not JSON`, { cause });
  }
}

async function readBytes(place: string, s3: S3Client): Promise<Buffer> {
  const bytes = place.startsWith('s3://') ? await readObject(place, s3) : await readLocal(place);
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  try {
    return isGzip ? gunzipSync(bytes, { maxOutputLength: LARGEST_PART_BYTES }) : bytes;
  } catch (cause) {
    throw new CommandError(`${place} cannot be unpacked: it is torn or too large`, { cause });
  }
}

async function readLocal(path: string): Promise<Buffer> {
  return readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw new CommandError(`${path} cannot be read: ${whyUnreadable(cause)}`, { cause });
  });
}

async function readObject(uri: string, s3: S3Client): Promise<Buffer> {
  const { bucket, key } = parseObjectUri(uri);
  try {
    const answer = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return Buffer.from((await answer.Body?.transformToByteArray()) ?? []);
  } catch (cause) {
    if (!(cause instanceof Error) || !['NoSuchKey', 'NoSuchBucket', 'AccessDenied'].includes(cause.name)) throw cause;
    throw new CommandError(`${uri} cannot be read: ${cause.message}`, { cause });
  }
}

/**
 * Reports begin with bucket and key. Without a manifest, what the other columns are shows in their values: `true` or
 * `false` twice in a row are IsLatest and IsDeleteMarker, the first instant is LastModifiedDate.
 */
async function* readPart(bytes: Buffer, place: string, columns?: readonly string[]): AsyncGenerator<ListedObject> {
  const rows = parse(bytes, { bom: true, relax_column_count: true, skip_empty_lines: true });
  let line = 0;
  try {
    for await (const row of rows as AsyncIterable<readonly string[]>) {
      line += 1;
      const listed = readRow(row, columns);
      if (listed === 'not current') continue;
      if (listed === undefined) {
        throw new CommandError(`${place}, row ${line}: the first two columns must be a bucket and a URL-encoded key`);
      }
      yield listed;
    }
  } catch (error) {
    if (error instanceof CommandError || !(error instanceof Error) || !('code' in error)) throw error;
    throw new CommandError(`${place} is not CSV: ${error.message}`, { cause: error });
  }
}

function readRow(row: readonly string[], columns?: readonly string[]): ListedObject | 'not current' | undefined {
  const [bucket, encoded] = columns === undefined ? row : [at(row, columns, 'Bucket'), at(row, columns, 'Key')];
  const key = encoded === undefined ? undefined : decodeKey(encoded);
  if (bucket === undefined || key === undefined || key === '' || !/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket))
    return undefined;
  const flags =
    columns === undefined ? guessFlags(row) : [at(row, columns, 'IsLatest'), at(row, columns, 'IsDeleteMarker')];
  if (flags[0] === 'false' || flags[1] === 'true') return 'not current';
  const instant = columns === undefined ? row.find((cell) => INSTANT.test(cell)) : at(row, columns, 'LastModifiedDate');
  const timeMs = instant === undefined ? Number.NaN : Date.parse(instant);
  return { bucket, key, ...(Number.isNaN(timeMs) ? {} : { timeMs }) };
}

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z$/;

function guessFlags(row: readonly string[]): readonly (string | undefined)[] {
  const isFlag = (cell: string | undefined) => cell === 'true' || cell === 'false';
  return isFlag(row[3]) && isFlag(row[4]) ? [row[3], row[4]] : [];
}

function at(row: readonly string[], columns: readonly string[], name: string): string | undefined {
  return row[columns.indexOf(name)];
}

/** As HTML forms are encoded: a space is `+`. */
function decodeKey(encoded: string): string | undefined {
  try {
    return decodeURIComponent(encoded.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}
