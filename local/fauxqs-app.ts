/**
 * Fauxqs, shared by S3, SQS and SNS: its stores and its actions, without its web server. `buildApp()` brings Fastify, which
 * takes 100 ms and 30 MB more, caps a body at 11 MiB and answers before an object could be made durable; an action
 * called directly takes a parsed request, changes the store at once and says what to answer.
 * The package's `exports` hide these modules, so its version is pinned and a test holds their shape.
 */

/** An error that fauxqs would answer. All of its error classes have these members. */
export interface FauxqsError {
  readonly code: string;
  readonly message: string;
  readonly statusCode: number;
}

export interface FauxqsRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly params: { readonly bucket: string; readonly '*': string };
  readonly query: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** The part of a Fastify reply that the S3 actions use. */
export interface FauxqsReply {
  header(name: string, value: string | number): void;
  status(code: number): FauxqsReply;
  send(body?: string | Buffer): void;
}

export type FauxqsChecksum = { algorithm: string; value: string; type: 'FULL_OBJECT' | 'COMPOSITE' };

export interface FauxqsObject {
  key: string;
  body: Buffer;
  contentType: string;
  contentLength: number;
  /** In quotes. */
  etag: string;
  lastModified: Date;
  metadata: Record<string, string>;
  contentLanguage?: string;
  contentDisposition?: string;
  cacheControl?: string;
  contentEncoding?: string;
  parts?: { partNumber: number; offset: number; length: number }[];
  checksumAlgorithm?: string;
  checksumValue?: string;
  checksumType?: 'FULL_OBJECT' | 'COMPOSITE';
  partChecksums?: string[];
}

export interface FauxqsSystemMetadata {
  contentLanguage?: string;
  contentDisposition?: string;
  cacheControl?: string;
  contentEncoding?: string;
}

export interface FauxqsUpload {
  readonly uploadId: string;
  readonly bucket: string;
  readonly key: string;
  readonly initiated: Date;
  readonly parts: Map<
    number,
    { partNumber: number; body: Buffer; etag: string; lastModified: Date; checksumValue?: string }
  >;
}

/** Called by the store before a change is visible. */
export interface FauxqsPersistence {
  insertBucket(name: string, creationDate: Date): void;
  deleteBucket(name: string): void;
  upsertObject(bucket: string, object: FauxqsObject): void;
  deleteObject(bucket: string, key: string): void;
  readBody(bucket: string, key: string): Buffer;
  insertMultipartUpload(upload: FauxqsUpload): void;
  upsertMultipartPart(uploadId: string): void;
  deleteMultipartUpload(uploadId: string): void;
  completeMultipartUpload(uploadId: string, bucket: string, object: FauxqsObject): void;
}

export interface FauxqsS3Store {
  readonly buckets: Map<string, Map<string, FauxqsObject>>;
  readonly multipartUploads: Map<string, FauxqsUpload>;
  persistence?: FauxqsPersistence;
  createBucket(name: string): void;
  deleteBucket(name: string): void;
  setBucketCreationDate(name: string, date: Date): void;
  listBuckets(): { name: string; creationDate: Date }[];
  hasBucket(name: string): boolean;
  restoreObject(bucket: string, object: FauxqsObject): void;
  putObject(
    bucket: string,
    key: string,
    body: Buffer,
    contentType: string,
    metadata: Record<string, string>,
    systemMetadata: FauxqsSystemMetadata,
    checksum: FauxqsChecksum | undefined,
  ): FauxqsObject;
  /** With its body. Throws NoSuchBucket and NoSuchKey. */
  getObject(bucket: string, key: string): FauxqsObject;
  /** Without its body. */
  headObject(bucket: string, key: string): FauxqsObject;
  deleteObject(bucket: string, key: string): void;
  createMultipartUpload(
    bucket: string,
    key: string,
    contentType: string,
    metadata: Record<string, string>,
    systemMetadata: FauxqsSystemMetadata,
  ): string;
  uploadPart(uploadId: string, partNumber: number, body: Buffer, checksumValue?: string): { etag: string };
  completeMultipartUpload(uploadId: string, parts: readonly { partNumber: number; etag: string }[]): FauxqsObject;
  abortMultipartUpload(uploadId: string): void;
}

export type S3Action = (request: FauxqsRequest, reply: FauxqsReply, store: FauxqsS3Store) => void;

const S3_ACTIONS = ['headObject', 'getObjectAttributes', 'postObject'] as const;

export interface FauxqsS3 {
  readonly store: FauxqsS3Store;
  readonly actions: Readonly<Record<(typeof S3_ACTIONS)[number], S3Action>>;
}

export interface FauxqsSqsMessage {
  readonly messageId: string;
  readonly sequenceNumber?: string;
  readonly messageGroupId?: string;
  readonly delayUntil?: number;
}

export interface FauxqsQueue {
  readonly name: string;
  readonly arn: string;
  readonly attributes: Record<string, string>;
  readonly inflightMessages: Map<string, { readonly message: FauxqsSqsMessage; readonly visibilityDeadline: number }>;
  readonly delayedMessages: FauxqsSqsMessage[];
  readonly fifoMessages: Map<string, FauxqsSqsMessage[]>;
  readonly fifoDelayed: Map<string, FauxqsSqsMessage[]>;
  /** How many messages of a group are in flight; such a group gives no more. */
  readonly fifoLockedGroups: Map<string, number>;
  pollWaiters: { resolve(): void; timer: undefined }[];
  isFifo(): boolean;
  dequeue(
    maxCount: number,
    visibilityTimeout?: number,
    deadLetterResolver?: unknown,
  ): { readonly ReceiptHandle: string }[];
  processTimers(): void;
  notifyWaiters(): void;
  cancelWaiters(): void;
}

export interface FauxqsSqsStore {
  host: string;
  region?: string;
  readonly queuesByName: Map<string, FauxqsQueue>;
  createQueue(name: string, url: string, arn: string, attributes?: object, tags?: object): FauxqsQueue;
  getQueue(url: string): FauxqsQueue | undefined;
  getQueueByArn(arn: string): FauxqsQueue | undefined;
}

export type SqsAction = (
  input: Record<string, unknown>,
  store: FauxqsSqsStore,
  request: { readonly headers: { readonly host: string } },
) => Record<string, unknown> | Promise<Record<string, unknown>>;

const SQS_ACTIONS = [
  'changeMessageVisibility',
  'changeMessageVisibilityBatch',
  'createQueue',
  'deleteMessage',
  'deleteMessageBatch',
  'deleteQueue',
  'getQueueAttributes',
  'getQueueUrl',
  'listQueueTags',
  'listQueues',
  'purgeQueue',
  'receiveMessage',
  'sendMessage',
  'sendMessageBatch',
  'setQueueAttributes',
  'tagQueue',
  'untagQueue',
] as const;

export interface FauxqsSqs {
  readonly store: FauxqsSqsStore;
  readonly actions: Readonly<Record<(typeof SQS_ACTIONS)[number], SqsAction>>;
}

export interface FauxqsSnsStore {
  createTopic(name: string, attributes: undefined, tags: undefined, region: string): { readonly arn: string };
}

/** Takes a request's form fields, answers XML. */
export type SnsAction = (
  form: Readonly<Record<string, string>>,
  store: FauxqsSnsStore,
  queues: FauxqsSqsStore,
  request: { readonly headers: Readonly<Record<string, string | string[] | undefined>> },
) => string;

/** File of the action, and the function in it. */
const SNS_ACTIONS = {
  createTopic: 'createTopic',
  deleteTopic: 'deleteTopic',
  getSubscriptionAttributes: 'getSubscriptionAttributes',
  getTopicAttributes: 'getTopicAttributes',
  listSubscriptions: 'listSubscriptions',
  listSubscriptionsByTopic: 'listSubscriptions',
  listTopics: 'listTopics',
  publish: 'publish',
  publishBatch: 'publish',
  setSubscriptionAttributes: 'setSubscriptionAttributes',
  subscribe: 'subscribe',
  unsubscribe: 'unsubscribe',
} as const;

export interface FauxqsSns {
  readonly store: FauxqsSnsStore;
  readonly actions: Readonly<Record<keyof typeof SNS_ACTIONS, SnsAction>>;
}

/** Each part is imported at its first need, and then shared. */
export interface FauxqsApp {
  s3(): Promise<FauxqsS3>;
  sqs(): Promise<FauxqsSqs>;
  sns(): Promise<FauxqsSns>;
}

export function createFauxqsApp(): FauxqsApp {
  let s3: Promise<FauxqsS3> | undefined;
  let sqs: Promise<FauxqsSqs> | undefined;
  let sns: Promise<FauxqsSns> | undefined;
  return {
    s3() {
      s3 ??= (async () => {
        const { S3Store } = (await load('s3/s3Store.js')) as { S3Store: new () => FauxqsS3Store };
        return { store: new S3Store(), actions: (await loadActions('s3', S3_ACTIONS)) as FauxqsS3['actions'] };
      })();
      return s3;
    },
    sqs() {
      sqs ??= (async () => {
        const { SqsStore } = (await load('sqs/sqsStore.js')) as { SqsStore: new () => FauxqsSqsStore };
        takeEveryCharacter((await load('sqs/sqsTypes.js')).INVALID_MESSAGE_BODY_CHAR as RegExp);
        return { store: new SqsStore(), actions: (await loadActions('sqs', SQS_ACTIONS)) as FauxqsSqs['actions'] };
      })();
      return sqs;
    },
    sns() {
      sns ??= (async () => {
        const { SnsStore } = (await load('sns/snsStore.js')) as { SnsStore: new () => FauxqsSnsStore };
        return { store: new SnsStore(), actions: (await loadActions('sns', SNS_ACTIONS)) as FauxqsSns['actions'] };
      })();
      return sns;
    },
  };
}

/** What SQS refuses in a message, as the API reference of SendMessage says. */
const REFUSED_CHARACTER = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;

/** Fauxqs looks at the two halves of a character beyond U+FFFF, an emoji in a key for example, and refuses them. */
function takeEveryCharacter(invalid: RegExp): void {
  invalid.test = (text) => REFUSED_CHARACTER.test(text);
}

export function isFauxqsError(error: unknown): error is FauxqsError {
  return error instanceof Error && ['SqsError', 'S3Error', 'SnsError'].includes(error.name) && 'code' in error;
}

function load(path: string): Promise<Record<string, unknown>> {
  return import(new URL(path, import.meta.resolve('fauxqs')).href) as Promise<Record<string, unknown>>;
}

/** `names`: functions in a file of the same name each, or the file of each function. */
async function loadActions(
  folder: string,
  names: readonly string[] | Readonly<Record<string, string>>,
): Promise<Record<string, unknown>> {
  const files = Array.isArray(names) ? names.map((name) => [name, name] as const) : Object.entries(names);
  const entries = files.map(async ([name, file]) => {
    const action = (await load(`${folder}/actions/${file}.js`))[name];
    if (typeof action !== 'function')
      throw new TypeError(`fauxqs has no action ${folder}/${name}; is it another version?`);
    return [name, action] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}
