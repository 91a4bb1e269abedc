/** One dashboard: is it working, what waits, what failed, what will run out. As CloudFormation resources. */
'use strict';

const { alarmNames } = require('./alarms.cjs');
const { names: functions } = require('./function-names.cjs');

const WIDTH = 8;
const HEIGHT = 6;
const IN_A_ROW = 3;

/** Of runs that HealthOmics stores; a test compares both with what the sweeper publishes. */
const STATUSES = ['PENDING', 'STARTING', 'RUNNING', 'STOPPING', 'COMPLETED', 'FAILED', 'CANCELLED', 'UNKNOWN'];
const RETENTION_MODES = ['RETAIN', 'REMOVE', 'UNKNOWN'];

module.exports = async ({ resolveConfigurationProperty }) => {
  const prefix = await resolveConfigurationProperty(['custom', 'prefix']);
  const rows = rowsOf({ prefix, functions });
  const body = JSON.stringify({ widgets: placed(rows) });
  return {
    Resources: {
      Dashboard: {
        Type: 'AWS::CloudWatch::Dashboard',
        // Dashboards are an account's, not a region's: under one name, two regions would overwrite each other's.
        Properties: {
          DashboardName: { 'Fn::Sub': `${prefix}-\${AWS::Region}` },
          DashboardBody: { 'Fn::Sub': body },
        },
      },
    },
  };
};

/** Each row answers one question; a graph's lines are metrics as CloudWatch writes them. */
function rowsOf({ prefix, functions }) {
  const ours = (name, ...dimensions) => ['Rundrop', name, 'service', prefix, ...dimensions];
  const queue = (name, suffix) => ['AWS/SQS', name, 'QueueName', `${prefix}-${suffix}`, { label: suffix }];
  const all = (name, ...dimensions) =>
    `SEARCH('{Rundrop,service,${dimensions.join(',')}} MetricName="${name}" service="${prefix}"', 'STAT')`;
  const storedRuns = (dimension, value) => {
    const those = `{Rundrop,service,RetentionMode,Status} MetricName="StoredRuns" service="${prefix}" ${dimension}="${value}"`;
    return [{ expression: `SUM(SEARCH('${those}', 'Maximum'))`, period: 900, label: value }];
  };
  const ofFunctions = (name) =>
    functions.map((one) => ['AWS/Lambda', name, 'FunctionName', `${prefix}-${one}`, { label: one }]);
  const machine = (name) => ['AWS/States', name, 'StateMachineArn', '${RunLifecycle}', { label: name }];
  return [
    [
      '## Is it working?',
      alarmStates(prefix),
      graph('Drops by outcome', { search: all('Drops', 'Outcome') }),
      graph('Runs by status, stored', {
        lines: STATUSES.map((status) => storedRuns('Status', status)),
        stat: 'Maximum',
        period: 900,
      }),
      graph('Requests by outcome', { search: all('Outcomes', 'Outcome') }),
    ],
    [
      '## What waits?',
      graph('Age of the oldest drop and of the oldest nudge in the queues, seconds', {
        lines: ['drops', 'starts.fifo'].map((one) => queue('ApproximateAgeOfOldestMessage', one)),
        stat: 'Maximum',
      }),
      graph('Waiting requests by reason', { search: all('WaitingRequests', 'Reason'), stat: 'Maximum', period: 900 }),
      graph('Start latency, seconds', { lines: percentiles(ours('StartLatency')) }),
      graph('From the end of a run to its outcome, seconds', { lines: percentiles(ours('DetectionDelay')) }),
      graph('Active runs by storage type', { search: all('ActiveRuns', 'StorageType'), stat: 'Maximum', period: 900 }),
      graph('Executions', {
        lines: ['ExecutionsStarted', 'ExecutionsSucceeded', 'ExecutionsFailed', 'ExecutionsTimedOut'].map(machine),
      }),
    ],
    [
      '## What failed?',
      graph('Failures by reason', { search: all('Failures', 'Reason') }),
      graph('What needs a person', { lines: [ours('UncertainStarts'), ours('EvidenceGivenUp')] }),
      graph('Dead letters', {
        lines: ['drops-dlq', 'starts-dlq.fifo', 'undelivered'].map((one) =>
          queue('ApproximateNumberOfMessagesVisible', one),
        ),
        stat: 'Maximum',
      }),
      graph('Function errors', { lines: ofFunctions('Errors') }),
      graph('Function throttles', { lines: ofFunctions('Throttles') }),
      graph('Function durations, p99, ms', { lines: ofFunctions('Duration'), stat: 'p99' }),
      graph('Concurrent invocations', { lines: ofFunctions('ConcurrentExecutions'), stat: 'Maximum' }),
    ],
    [
      '## What will run out?',
      graph('Stored runs by retention mode', {
        lines: RETENTION_MODES.map((mode) => storedRuns('RetentionMode', mode)),
        stat: 'Maximum',
        period: 900,
        stacked: true,
      }),
      graph('RETAIN runs, percent of the quota', {
        lines: [ours('RetainedShareOfQuota')],
        stat: 'Maximum',
        period: 900,
      }),
      graph('Days until RETAIN runs fill the quota, and a finished REMOVE run can be read', {
        lines: [ours('DaysToRetainExhaustion'), ours('RemoveSurvivalDays')],
        stat: 'Minimum',
        period: 900,
      }),
      graph('Quota, removable runs, runs of unknown mode', {
        lines: [ours('StoredRunsQuota'), ours('RemovableRuns'), ours('UnknownRetention')],
        stat: 'Maximum',
        period: 900,
      }),
    ],
  ];
}

/** Every alarm at a glance. */
function alarmStates(prefix) {
  const arnOf = (name) =>
    `arn:\${AWS::Partition}:cloudwatch:\${AWS::Region}:\${AWS::AccountId}:alarm:${prefix}-${name}`;
  return { type: 'alarm', properties: { title: 'Alarms', alarms: alarmNames.map(arnOf) } };
}

function percentiles(line) {
  return ['p50', 'p90', 'Maximum'].map((stat) => [...line, { stat, label: stat }]);
}

function graph(title, { lines = [], search, stat = 'Sum', period = 300, stacked = false }) {
  const found = search === undefined ? [] : [[{ expression: search.replace('STAT', stat), period, id: 'found' }]];
  const properties = {
    title,
    view: 'timeSeries',
    stacked,
    region: '${AWS::Region}',
    stat,
    period,
    metrics: [...found, ...lines],
  };
  return { type: 'metric', properties };
}

/** Three graphs side by side under each question. */
function placed(rows) {
  const widgets = [];
  let top = 0;
  for (const [question, ...graphs] of rows) {
    widgets.push({
      type: 'text',
      x: 0,
      y: top,
      width: WIDTH * IN_A_ROW,
      height: 1,
      properties: { markdown: question },
    });
    top += 1;
    for (const [index, one] of graphs.entries()) {
      const row = Math.floor(index / IN_A_ROW);
      widgets.push({ ...one, x: (index % IN_A_ROW) * WIDTH, y: top + row * HEIGHT, width: WIDTH, height: HEIGHT });
    }
    top += Math.ceil(graphs.length / IN_A_ROW) * HEIGHT;
  }
  return widgets;
}
