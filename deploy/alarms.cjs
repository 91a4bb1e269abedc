/**
 * The alarms, as CloudFormation resources. Each says what to do, and names the section of docs/runbook.md that says how;
 * a section of the runbook belongs to each alarm and the other way round. Who is told is the setting alarmTopicArns.
 */
'use strict';

const { names: functions } = require('./function-names.cjs');

const MINUTE = 60;
const HOUR = 3600;

module.exports = async ({ resolveConfigurationProperty }) => {
  const prefix = await resolveConfigurationProperty(['custom', 'prefix']);
  const { sweepMinutes } = await resolveConfigurationProperty(['custom', 'settings']);
  const Resources = Object.fromEntries(
    [...aboutDelivery(prefix), ...aboutRuns(prefix, sweepMinutes * MINUTE)].map(({ name, what, ...properties }) => [
      `${name.replaceAll(/(?:^|-)(\w)/g, (_, letter) => letter.toUpperCase())}Alarm`,
      {
        Type: 'AWS::CloudWatch::Alarm',
        Properties: {
          AlarmName: `${prefix}-${name}`,
          AlarmDescription: `${what} docs/runbook.md#${name}`,
          TreatMissingData: 'notBreaching',
          EvaluationPeriods: 1,
          Threshold: 1,
          ComparisonOperator: 'GreaterThanOrEqualToThreshold',
          ...properties,
        },
      },
    ]),
  );
  return { Resources };
};

module.exports.alarmNames = [...aboutDelivery(''), ...aboutRuns('', MINUTE)].map(({ name }) => name);

/** Queues, functions and executions: does what arrives get through? */
function aboutDelivery(prefix) {
  const inQueue = (queue) => sqs('ApproximateNumberOfMessagesVisible', `${prefix}-${queue}`);
  return [
    {
      name: 'drops-dead-letters',
      what: 'Drops failed five times and wait for a person. Find the error in the log of on-drop, mend it, and move the messages back.',
      ...inQueue('drops-dlq'),
    },
    {
      name: 'starts-dead-letters',
      what: 'The starter failed five times in a row. Nothing is lost: find its error in the log of start-runs, then empty the queue.',
      ...inQueue('starts-dlq.fifo'),
    },
    {
      name: 'undelivered',
      what: 'EventBridge, Scheduler or Lambda could not deliver something. Look at the messages, mend what kept them back, and send them round again with rundrop replay.',
      ...inQueue('undelivered'),
    },
    {
      name: 'drops-wait',
      what: 'A drop has waited for 15 minutes to be taken. See whether on-drop fails, is throttled, or has too little concurrency.',
      ...sqs('ApproximateAgeOfOldestMessage', `${prefix}-drops`),
      Threshold: 15 * MINUTE,
    },
    {
      name: 'starter-stands-still',
      what: 'A nudge has waited for 15 minutes and none is taken, so nothing starts. See whether start-runs fails, is throttled, or is cut off from its queue.',
      ...standsStill(`${prefix}-starts.fifo`),
    },
    {
      name: 'functions-fail',
      what: 'Functions failed at least five times in 15 minutes. The saved query "errors" has which, and why.',
      ...summed('Errors', functions, prefix),
      Threshold: 5,
    },
    {
      name: 'functions-throttled',
      what: 'Lambda refused at least twenty invocations in 15 minutes. The account has too little concurrency left.',
      ...summed('Throttles', functions, prefix),
      Threshold: 20,
    },
    {
      name: 'executions-broken',
      what: 'Executions ended in a way that the state machine does not foresee. Their runs are followed all the same; find out why.',
      ...metric(
        'AWS/States',
        'ExecutionsTimedOut',
        { StateMachineArn: { Ref: 'RunLifecycle' } },
        { Period: 5 * MINUTE },
      ),
    },
    {
      name: 'reconciliation-stands-still',
      what: 'reconcile-runs was not invoked for ten minutes, so nothing that gets lost is repaired. See its schedule and its dead letters.',
      ...lambda('Invocations', `${prefix}-reconcile-runs`),
      Period: 5 * MINUTE,
      EvaluationPeriods: 2,
      ComparisonOperator: 'LessThanThreshold',
      TreatMissingData: 'breaching',
    },
  ];
}

/** Runs and the quota: does what gets through come to a good end, and will it go on so? */
function aboutRuns(prefix, sweepSeconds) {
  const ours = (name, dimensions = {}) => metric('Rundrop', name, { service: prefix, ...dimensions });
  return [
    {
      name: 'runs-fail',
      what: 'At least five requests ended FAILED within an hour. The dashboard splits them by reason; one workflow or input is often behind all.',
      ...ours('Outcomes', { Outcome: 'FAILED' }),
      Period: HOUR,
      Threshold: 5,
    },
    {
      name: 'starts-refused',
      what: 'HealthOmics, or a check before StartRun, refused at least five requests within an hour. Read the reason of one, mend route or role, and rerun.',
      ...ours('Outcomes', { Outcome: 'REFUSED' }),
      Period: HOUR,
      Threshold: 5,
    },
    {
      name: 'starts-uncertain',
      what: 'Nobody knows whether a StartRun made a run, so the request waits for a person. Look at it with rundrop show, and decide it with rundrop replay.',
      ...ours('UncertainStarts'),
    },
    {
      name: 'starts-wait',
      what: 'A request has waited for six hours for its start, because a quota is full. See what holds the quota, and ask for a higher one.',
      ...ours('OldestWaiting', { Reason: 'QUOTA' }),
      Statistic: 'Maximum',
      Period: sweepSeconds,
      Threshold: 6 * HOUR,
    },
    {
      name: 'outcomes-late',
      what: 'The end of a run was seen more than 15 minutes late. See whether status events arrive and whether reconcile-runs succeeds.',
      ...ours('DetectionDelay'),
      Statistic: 'Maximum',
      Period: 5 * MINUTE,
      Threshold: 15 * MINUTE,
    },
    {
      name: 'evidence-given-up',
      what: 'For two days evidence of an outcome could not be written, and it is not tried again. Find out why, and keep by hand what HealthOmics still has.',
      ...ours('EvidenceGivenUp'),
    },
    {
      name: 'sweeper-stands-still',
      what: 'Three sweeps in a row published no figures, so nobody sees the quota fill. See the log of sweep-runs.',
      ...ours('RetainedShareOfQuota'),
      Statistic: 'SampleCount',
      Period: Math.max(sweepSeconds, 5 * MINUTE),
      EvaluationPeriods: 3,
      ComparisonOperator: 'LessThanThreshold',
      TreatMissingData: 'breaching',
    },
    {
      name: 'retained-runs-fill-the-quota',
      what: 'RETAIN runs hold 90 % of the stored-run quota. When they hold all of it, every StartRun of the account is refused. Delete some, or ask for more.',
      ...ours('RetainedShareOfQuota'),
      Statistic: 'Maximum',
      Period: sweepSeconds,
      Threshold: 90,
    },
    {
      name: 'quota-full-soon',
      what: 'At the present rate RETAIN runs fill the stored-run quota within 14 days. Ask AWS for a higher quota now, or have old runs pruned.',
      ...ours('DaysToRetainExhaustion'),
      Statistic: 'Minimum',
      Period: sweepSeconds,
      Threshold: 14,
      ComparisonOperator: 'LessThanOrEqualToThreshold',
    },
  ];
}

function metric(Namespace, MetricName, dimensions, more = {}) {
  const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  return { Namespace, MetricName, Dimensions, Statistic: 'Sum', Period: 5 * MINUTE, ...more };
}

function sqs(name, queue) {
  return metric('AWS/SQS', name, { QueueName: queue }, { Statistic: 'Maximum' });
}

/** Old messages alone are no fault: after a burst the starter is at work for longer than it takes nudges, ten at a time. */
function standsStill(queue) {
  const of = (Id, name, Stat) => {
    const { Namespace, MetricName, Dimensions } = sqs(name, queue);
    const MetricStat = { Metric: { Namespace, MetricName, Dimensions }, Period: 5 * MINUTE, Stat };
    return { Id, MetricStat, ReturnData: false };
  };
  const Expression = `IF(age >= ${15 * MINUTE} AND FILL(taken, 0) < 1, 1, 0)`;
  const standing = { Id: 'standing', Label: 'A nudge waits and none is taken', Expression, ReturnData: true };
  const age = of('age', 'ApproximateAgeOfOldestMessage', 'Maximum');
  return { Metrics: [standing, age, of('taken', 'NumberOfMessagesDeleted', 'Sum')] };
}

function lambda(name, functionName) {
  return metric('AWS/Lambda', name, { FunctionName: functionName });
}

/** Of all functions together: one alarm, and the dashboard has which. */
function summed(name, functions, prefix) {
  const single = functions.map((one, index) => {
    const { Namespace, MetricName, Dimensions } = lambda(name, `${prefix}-${one}`);
    const MetricStat = { Metric: { Namespace, MetricName, Dimensions }, Period: 15 * MINUTE, Stat: 'Sum' };
    return { Id: `m${index}`, MetricStat, ReturnData: false };
  });
  const total = { Id: 'total', Label: `${name} of all functions`, Expression: 'SUM(METRICS("m"))', ReturnData: true };
  return { Metrics: [total, ...single] };
}
