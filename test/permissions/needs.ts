/** What a call needs of IAM. Source: Service Authorization Reference, the actions tables of each service. */

export interface Need {
  /** Of functions/. */
  readonly function: string;
  readonly action: string;
  /** An ARN, or `*` where the action knows no resource. */
  readonly resource: string;
}

export interface RecordedCall {
  readonly function: string;
  readonly command: string;
  readonly members: Readonly<Record<string, string>>;
  /** Of a laptop whose sweeper prunes. */
  readonly prunes?: boolean;
}

type Permission = readonly [action: string, resource: string];
type Members = Readonly<Record<string, string | undefined>>;

/** A command that this table does not know: its line says which permissions it takes. */
export class UnknownCommand extends Error {
  override readonly name = 'UnknownCommand';
}

const ACCOUNT = '000000000000';
const REGION = 'us-east-1';
const arn = (service: string, rest: string) => `arn:aws:${service}:${REGION}:${ACCOUNT}:${rest}`;

const table = ({ TableName, IndexName }: Members) =>
  arn('dynamodb', `table/${TableName}${IndexName === undefined ? '' : `/index/${IndexName}`}`);
const object = ({ Bucket }: Members) => `arn:aws:s3:::${Bucket}/some/key`;
const queue = ({ QueueUrl = '' }: Members) => arn('sqs', QueueUrl.split('/').at(-1) ?? '');
const run = arn('omics', 'run/1234567');
const machine = arn('states', 'stateMachine:rundrop-local-run-lifecycle');
const execution = arn('states', 'execution:rundrop-local-run-lifecycle:some-name');

const ofTable =
  (action: string) =>
  (members: Members): Permission[] => [[`dynamodb:${action}`, table(members)]];
const ofRun = (action: string) => (): Permission[] => [[`omics:${action}`, run]];
/** Both are required. */
const ofTask = (action: string) => (): Permission[] => [
  [`omics:${action}`, run],
  [`omics:${action}`, arn('omics', 'task/1234567')],
];
/** With or without the version that the execution runs on, since AWS does not say. */
const ofToken = (action: string) => (): Permission[] =>
  [machine, `${machine}:1`].map((resource) => [`states:${action}`, resource] as const);
const ofNothing = (action: string) => (): Permission[] => [[action, '*']];

/** Reading an object, or a version of it; without s3:ListBucket one that is missing looks like one that is forbidden. */
function reads(members: Members): Permission[] {
  const action = members.hasVersion === undefined ? 's3:GetObject' : 's3:GetObjectVersion';
  // Of evidence, forbidden and missing are taken for the same.
  const isEvidence = members.Bucket === EVIDENCE.Bucket;
  const tells: Permission[] = isEvidence ? [] : [['s3:ListBucket', `arn:aws:s3:::${members.Bucket}`]];
  return [[action, object(members)], ...tells];
}

/** StartRun is checked against the run to be, its workflow with the version, group and cache, and the role that is passed. */
function startsRun(members: Members): Permission[] {
  const { roleArn = '', runGroupId, cacheId, hasTags } = members;
  return [
    ['omics:StartRun', run],
    ...workflowAndVersion(members).map((resource) => ['omics:StartRun', resource] as const),
    ...(runGroupId === undefined ? [] : [['omics:StartRun', arn('omics', `runGroup/${runGroupId}`)] as const]),
    ...(cacheId === undefined ? [] : [['omics:StartRun', arn('omics', `runCache/${cacheId}`)] as const]),
    ...(hasTags === undefined ? [] : [['omics:TagResource', run] as const]),
    ['iam:PassRole', roleArn],
  ];
}

const readsWorkflow = (action: string) => (members: Members) =>
  workflowAndVersion(members).map((resource) => [`omics:${action}`, resource] as const);

function workflowAndVersion({ workflowId, workflowType, type, workflowVersionName, versionName }: Members): string[] {
  const isReady = (workflowType ?? type) === 'READY2RUN';
  const workflow = isReady ? `arn:aws:omics:${REGION}::workflow/${workflowId}` : arn('omics', `workflow/${workflowId}`);
  const version = workflowVersionName ?? versionName;
  return [workflow, ...(version === undefined ? [] : [`${workflow}/version/${version}`])];
}

const PERMISSIONS: Readonly<Record<string, (members: Members) => Permission[]>> = {
  Get: ofTable('GetItem'),
  GetItem: ofTable('GetItem'),
  BatchGet: ofTable('BatchGetItem'),
  BatchGetItem: ofTable('BatchGetItem'),
  Put: ofTable('PutItem'),
  PutItem: ofTable('PutItem'),
  Update: ofTable('UpdateItem'),
  UpdateItem: ofTable('UpdateItem'),
  Delete: ofTable('DeleteItem'),
  DeleteItem: ofTable('DeleteItem'),
  Query: ofTable('Query'),
  HeadObject: reads,
  GetObject: reads,
  PutObject: (members) => [['s3:PutObject', object(members)]],
  GetObjectTagging: (members) => [
    ['s3:GetObjectTagging', object(members)],
    ...(members.hasVersion === undefined ? [] : [['s3:GetObjectVersionTagging', object(members)] as const]),
  ],
  ListObjectsV2: ({ Bucket }) => [['s3:ListBucket', `arn:aws:s3:::${Bucket}`]],
  SendMessage: (members) => [['sqs:SendMessage', queue(members)]],
  SendMessageBatch: (members) => [['sqs:SendMessage', queue(members)]],
  // Through an alias too, the machine's own ARN decides: Step Functions Developer Guide, "Authorization for versions and aliases".
  StartExecution: ({ stateMachineArn = '' }) => [
    ['states:StartExecution', stateMachineArn.split(':').slice(0, 7).join(':')],
  ],
  DescribeExecution: () => [['states:DescribeExecution', execution]],
  SendTaskSuccess: ofToken('SendTaskSuccess'),
  SendTaskFailure: ofToken('SendTaskFailure'),
  PutEvents: ({ EventBusName = '' }) => [['events:PutEvents', arn('events', `event-bus/${EventBusName}`)]],
  Publish: ({ TopicArn = '' }) => [['sns:Publish', TopicArn]],
  StartRun: startsRun,
  GetRun: ofRun('GetRun'),
  CancelRun: ofRun('CancelRun'),
  DeleteRun: ofRun('DeleteRun'),
  ListRunTasks: ofRun('ListRunTasks'),
  GetRunTask: ofTask('GetRunTask'),
  ListRuns: ofNothing('omics:ListRuns'),
  ListRunGroups: ofNothing('omics:ListRunGroups'),
  GetWorkflow: readsWorkflow('GetWorkflow'),
  GetWorkflowVersion: readsWorkflow('GetWorkflowVersion'),
  GetServiceQuota: ofNothing('servicequotas:GetServiceQuota'),
  GetAWSDefaultServiceQuota: ofNothing('servicequotas:GetAWSDefaultServiceQuota'),
};

export function needsOf({ function: caller, command, members }: RecordedCall): readonly Need[] {
  const permissions = PERMISSIONS[command];
  if (permissions === undefined) {
    throw new UnknownCommand(`${caller} sends ${command}: say in test/permissions/needs.ts what it needs of IAM.`);
  }
  return permissions(members).map(([action, resource]) => ({ function: caller, action, resource }));
}

const LEDGER = { TableName: 'rundrop-local-ledger' };
const STARTS = { QueueUrl: 'http://laptop/starts/rundrop-local-starts.fifo' };
const DROPS = { QueueUrl: 'http://laptop/drops/rundrop-local-drops' };
const DROPPED = { Bucket: 'acme-incoming' };
const EVIDENCE = { Bucket: `rundrop-local-evidence-${ACCOUNT}-${REGION}` };

type Commands = string | readonly string[];

/** The simulation's calls, by the beginning of their names: the command, or commands, that the port makes of each. */
const PORT_CALLS: Readonly<Record<string, readonly [commands: Commands, members: Readonly<Record<string, string>>]>> = {
  'table.get': ['Get', LEDGER],
  'table.getTogether': ['BatchGet', LEDGER],
  'table.put': ['Put', LEDGER],
  'table.remove': ['Delete', LEDGER],
  'table.update': ['Update', LEDGER],
  'table.partition': ['Query', LEDGER],
  'table.nominated': ['Query', { ...LEDGER, IndexName: 'open' }],
  's3.head': ['HeadObject', DROPPED],
  's3.read': ['GetObject', DROPPED],
  's3.tags': ['GetObjectTagging', DROPPED],
  's3.list': ['ListObjectsV2', DROPPED],
  // The second where something lies there already.
  's3.keepEvidence': [['PutObject', 'HeadObject'], EVIDENCE],
  's3.readEvidence': ['GetObject', EVIDENCE],
  'omics.getRun': ['GetRun', {}],
  'omics.archiveRun': ['GetRun', {}],
  'omics.cancelRun': ['CancelRun', {}],
  'omics.listTasks': ['ListRunTasks', {}],
  'omics.task': ['GetRunTask', {}],
  'omics.deleteRun': ['DeleteRun', {}],
  'omics.listStoredRuns': ['ListRuns', {}],
  'omics.listRuns': ['ListRuns', {}],
  'omics.findRunIdsByName': ['ListRuns', {}],
  'states.start': ['StartExecution', { stateMachineArn: machine }],
  'states.status': ['DescribeExecution', {}],
  'states.succeed': ['SendTaskSuccess', {}],
  'states.fail': ['SendTaskFailure', {}],
  'events.announce': ['PutEvents', { EventBusName: 'rundrop-local' }],
  'sns.notify': ['Publish', { TopicArn: arn('sns', 'rundrop-local-notifications') }],
  'sqs.nudge': ['SendMessage', STARTS],
  'sqs.dropsAgain': ['SendMessageBatch', DROPS],
  'sqs.sheetParts': ['SendMessageBatch', DROPS],
};

/** With the workflows and roles of the simulation's own route files, so the laptop's recordings say what they need. */
const ONLY_ON_THE_LAPTOP = new Set(['omics.startRun', 'omics.parameterTemplate']);

/** A line of the simulation's journal: `<ms> <function>#<invocation> <call> …`. Nothing for any other line. */
export function needsOfJournalLine(line: string): readonly Need[] {
  // What a person does by hand has a person's permissions.
  const [, caller, call = ''] = /^\d+ ([a-z-]+)#\d+ ([a-z0-9]+\.[A-Za-z]+)/.exec(line) ?? [];
  if (caller === undefined || caller === 'operator' || ONLY_ON_THE_LAPTOP.has(call)) return [];
  const [commands, members] = PORT_CALLS[call] ?? [];
  if (commands === undefined || members === undefined) {
    throw new UnknownCommand(
      `${caller} calls ${call} in the simulation: say in test/permissions/needs.ts which command that is.`,
    );
  }
  return [commands].flat().flatMap((command) => needsOf({ function: caller, command, members }));
}
