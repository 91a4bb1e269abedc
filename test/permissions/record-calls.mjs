/** Loaded before the laptop's Lambda worker: every command that an SDK client sends, with the function that sends it. */
import { appendFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parentPort } from 'node:worker_threads';
import { InvokeStore } from '@aws/lambda-invoke-store';

const file = process.env.RUNDROP_CALLS_FILE;
/** Whether the sweeper of this laptop may delete runs: then its role has a policy more. */
const prunes = process.env.RUNDROP_PRUNE?.includes('"dryRun":false') === true;
const functionOf = new Map();
const underWay = new Set();
const listen = parentPort.on.bind(parentPort);
parentPort.on = (event, listener) =>
  listen(event, (message) => {
    if (event === 'message' && message?.kind === 'invoke') {
      functionOf.set(message.requestId, message.functionName);
      underWay.add(message.requestId);
    }
    listener(message);
  });
const tell = parentPort.postMessage.bind(parentPort);
parentPort.postMessage = (message) => {
  if (message.kind === 'returned' || message.kind === 'threw') underWay.delete(message.requestId);
  tell(message);
};

const ofSdk = createRequire(createRequire(import.meta.url).resolve('@aws-sdk/client-s3'));
const core = ['@smithy', 'core', 'client'].join('/');
const { Client } = ofSdk(core);
const send = Client.prototype.send;
const told = new Set();

Client.prototype.send = function recorded(command, ...rest) {
  const line = JSON.stringify(lineOf(command));
  if (!told.has(line)) appendFileSync(file, `${line}\n`);
  told.add(line);
  return send.call(this, command, ...rest);
};

const store = await InvokeStore.getInstanceAsync(true);

/**
 * What decides about a permission; never a value of a sample or a token. All functions share the worker, and so the reads
 * of several may travel together; on Lambda each is alone. So a batch counts as one only while nothing else is under way.
 */
function lineOf(command) {
  const { input } = command;
  const name = command.constructor.name.replace(/Command$/, '');
  const names = [
    'TableName',
    'IndexName',
    'Bucket',
    'QueueUrl',
    'stateMachineArn',
    'TopicArn',
    'roleArn',
    'workflowId',
    'workflowType',
    'type',
    'workflowVersionName',
    'versionName',
    'runGroupId',
    'cacheId',
  ];
  const members = Object.fromEntries(
    names.filter((each) => input[each] !== undefined).map((each) => [each, input[each]]),
  );
  if (input.RequestItems !== undefined) members.TableName = Object.keys(input.RequestItems)[0];
  if (input.Entries?.[0]?.EventBusName !== undefined) members.EventBusName = input.Entries[0].EventBusName;
  if (input.VersionId !== undefined) members.hasVersion = true;
  if (input.tags !== undefined) members.hasTags = true;
  if (name.startsWith('GetWorkflow')) members.workflowId = input.workflowId ?? input.id;
  return {
    function: functionOf.get(store.getRequestId()) ?? 'nobody',
    command: name === 'BatchGet' && underWay.size > 1 ? 'Get' : name,
    members,
    ...(prunes && { prunes }),
  };
}
