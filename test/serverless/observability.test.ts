import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { RETENTION_MODES } from '../../lib/quota/stored-run.ts';
import { RUN_STATUSES } from '../../lib/runs/run-status.ts';
import { readServerlessFile } from '../../local/wiring/serverless-file.ts';
import { filesUnder } from '../source-tree.ts';
import { nameOf, publishedMetrics } from './published-metrics.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');

interface Metric {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions: readonly { readonly Name: string; readonly Value: unknown }[];
}
interface Alarm extends Partial<Metric> {
  readonly AlarmName: string;
  readonly AlarmDescription: string;
  readonly Metrics?: readonly {
    readonly Id: string;
    readonly MetricStat?: { readonly Metric: Metric; readonly Stat: string };
  }[];
}
interface Widget {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: { readonly title?: string; readonly metrics?: readonly (readonly unknown[])[] };
}

type Resources = Readonly<Record<string, { readonly Type: string; readonly Properties?: object }>>;
type Derive = (options: object) => Promise<{ readonly Resources: Resources }>;

/** What stage prod is made of; the package's own tests hold that `serverless package` takes it so. */
let resources: Resources;
beforeAll(async () => {
  const file = path.join(ROOT, 'serverless.yml');
  const environment = { HEALTHOMICS_ROLE_ARN: 'arn:aws:iam::123456789012:role/HealthOmicsService' };
  const serverless = await readServerlessFile({ file, stage: 'prod', routesFile: 'rundrop.yaml', environment });
  const resolveConfigurationProperty = (keys: readonly string[]) => serverless.value(keys.join('.'));
  const derive = async (name: string) => {
    const module = createRequire(import.meta.url)(path.join(ROOT, 'deploy', name)) as Derive;
    return (await module({ resolveConfigurationProperty })).Resources;
  };
  resources = { ...serverless.template.Resources, ...(await derive('alarms.cjs')), ...(await derive('dashboard.cjs')) };
});

function resourcesOf<Properties>(type: string): Properties[] {
  const found = Object.values(resources).filter((resource) => resource.Type === type);
  return found.map(({ Properties: properties }) => properties as unknown as Properties);
}

const alarms = () => resourcesOf<Alarm>('AWS::CloudWatch::Alarm');

function widgets(): Widget[] {
  const [dashboard] = resourcesOf<{ DashboardBody: { 'Fn::Sub': string } }>('AWS::CloudWatch::Dashboard');
  return (JSON.parse(dashboard?.DashboardBody['Fn::Sub'] ?? '{}') as { widgets: Widget[] }).widgets;
}

/** Namespace, name and dimensions of every metric that an alarm or a graph names. */
function namedMetrics(): { namespace: string; name: string; dimensions: Record<string, unknown> }[] {
  const ofAlarms = alarms().flatMap((alarm) => [
    ...(alarm.MetricName === undefined ? [] : [alarm as Metric]),
    ...(alarm.Metrics ?? []).flatMap(({ MetricStat }) => MetricStat?.Metric ?? []),
  ]);
  const ofGraphs = widgets().flatMap(({ properties }) =>
    (properties.metrics ?? []).filter(([first]) => typeof first === 'string'),
  );
  return [
    ...ofAlarms.map(({ Namespace, MetricName, Dimensions }) => ({
      namespace: Namespace,
      name: MetricName,
      dimensions: Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value])),
    })),
    ...ofGraphs.map(([namespace, name, ...rest]) => {
      const pairs = rest.filter((item) => typeof item === 'string');
      const dimensions = Object.fromEntries(
        pairs.flatMap((item, index) => (index % 2 === 0 ? [[item, pairs[index + 1]]] : [])),
      );
      return { namespace: String(namespace), name: String(name), dimensions };
    }),
  ];
}

describe('the alarms', () => {
  it('each have a section of the runbook under their name, and each section has its alarm', () => {
    const sections = [...read('docs/runbook.md').matchAll(/^## (.+)$/gm)].map(([, title]) => title);
    const names = alarms().map(({ AlarmName }) => AlarmName.replace(/^rundrop-prod-/, ''));
    expect(names.length).toBeGreaterThan(10);
    expect(names.sort()).toEqual([...sections].sort());
    for (const { AlarmName, AlarmDescription } of alarms()) {
      expect(AlarmDescription).toMatch(new RegExp(` docs/runbook\\.md#${AlarmName.replace(/^rundrop-prod-/, '')}$`));
      expect(AlarmDescription.length).toBeLessThanOrEqual(1024);
    }
  });

  it('say in the runbook what they mean, where to look and what to do', () => {
    const sections = read('docs/runbook.md').split(/^## /m).slice(1);
    for (const section of sections) expect(section).toMatch(/\*\*Means\.\*\*[\s\S]*\*\*Look\.\*\*[\s\S]*\*\*Do\.\*\*/);
  });

  it('name commands there that rundrop has', () => {
    const commands = filesUnder('cli')
      .map((file) => read(file))
      .join('\n');
    const named = new Set([...read('docs/runbook.md').matchAll(/npx rundrop (\w+)/g)].map(([, name]) => name));
    expect(named.size).toBeGreaterThan(5);
    for (const name of named) expect(commands, name).toMatch(new RegExp(`(command|define)\\(\\s*'${name}[ ']`));
  });
});

describe('what alarms and dashboard look at', () => {
  it('exists: queues, functions and the state machine of this stack', () => {
    const named = (property: string, type: string) =>
      resourcesOf<Record<string, string>>(type).map((properties) => properties[property]);
    const queues = named('QueueName', 'AWS::SQS::Queue');
    const functions = named('FunctionName', 'AWS::Lambda::Function');
    for (const { namespace, dimensions } of namedMetrics()) {
      if (namespace === 'AWS/SQS') expect(queues).toContain(dimensions.QueueName);
      if (namespace === 'AWS/Lambda') expect(functions).toContain(dimensions.FunctionName);
      if (namespace === 'AWS/States') {
        expect([{ Ref: 'RunLifecycle' }, '${RunLifecycle}']).toContainEqual(dimensions.StateMachineArn);
      }
    }
    expect(new Set(namedMetrics().map(({ namespace }) => namespace))).toEqual(
      new Set(['AWS/SQS', 'AWS/Lambda', 'AWS/States', 'Rundrop']),
    );
  });

  it('is how long each queue that a function reads makes wait, and what is in each that a person empties', () => {
    const queues = resourcesOf<{ QueueName: string; RedrivePolicy?: unknown }>('AWS::SQS::Queue');
    const expected = queues.map(({ QueueName, RedrivePolicy }) =>
      RedrivePolicy === undefined
        ? `ApproximateNumberOfMessagesVisible ${QueueName}`
        : `ApproximateAgeOfOldestMessage ${QueueName}`,
    );
    const ofQueues = namedMetrics().filter(({ namespace }) => namespace === 'AWS/SQS');
    const named = ofQueues.map(({ name, dimensions }) => `${name} ${dimensions.QueueName}`);
    // Once by an alarm, once by a graph; and whether the starter takes any, by its alarm.
    expect(named.sort()).toEqual([...expected, ...expected, 'NumberOfMessagesDeleted rundrop-prod-starts.fifo'].sort());
  });

  it('stands still where nudges are old and none is taken; a starter that is at work for long does not', () => {
    const alarm = alarms().find(({ AlarmName }) => AlarmName === 'rundrop-prod-starter-stands-still');
    const [standing, ...metrics] = alarm?.Metrics ?? [];
    expect(standing).toMatchObject({ Expression: 'IF(age >= 900 AND FILL(taken, 0) < 1, 1, 0)', ReturnData: true });
    expect(metrics.map(({ Id, MetricStat }) => [Id, MetricStat?.Metric.MetricName, MetricStat?.Stat])).toEqual([
      ['age', 'ApproximateAgeOfOldestMessage', 'Maximum'],
      ['taken', 'NumberOfMessagesDeleted', 'Sum'],
    ]);
  });

  it('is each metric that the functions publish, of this stage, and no other', () => {
    const ours = namedMetrics().filter(({ namespace }) => namespace === 'Rundrop');
    const searched = JSON.stringify(widgets()).matchAll(
      /\{Rundrop,service,([\w,]+)\} MetricName=\\+"(\w+)\\+" service=\\+"([\w-]+)\\+"/g,
    );
    const named = [
      ...ours.map(({ name, dimensions }) => ({ name, stage: dimensions.service, dimensions: Object.keys(dimensions) })),
      ...[...searched].map(([, dimensions = '', name = '', stage]) => ({
        name,
        stage,
        dimensions: dimensions.split(','),
      })),
    ];
    expect(new Set(named.map(({ stage }) => stage))).toEqual(new Set(['rundrop-prod']));
    const names = new Set(named.map(({ name, dimensions }) => nameOf(name, dimensions)));
    expect([...names].sort()).toEqual(publishedMetrics());
    const [lambda] = resourcesOf<{ Environment: { Variables: Record<string, string> } }>('AWS::Lambda::Function');
    expect(lambda?.Environment.Variables.POWERTOOLS_SERVICE_NAME).toBe('rundrop-prod');
  });

  it('is stored runs, added up for each status, and for each retention mode', () => {
    const linesOf = (title: string, dimension: string) => {
      const { metrics = [] } = widgets().find(({ properties }) => properties.title === title)?.properties ?? {};
      const lines = metrics.map(([line]) => line as { readonly expression: string; readonly label: string });
      for (const { expression, label } of lines) expect(expression).toContain(` ${dimension}="${label}"'`);
      return lines.map(({ label }) => label);
    };
    const statuses = RUN_STATUSES.filter((status) => status !== 'DELETED');
    expect(linesOf('Runs by status, stored', 'Status')).toEqual([...statuses, 'UNKNOWN']);
    expect(linesOf('Stored runs by retention mode', 'RetentionMode')).toEqual(RETENTION_MODES);
  });

  it('is documented, metric by metric', () => {
    const rows = [
      ...`${read('docs/deploy.md')}\n${read('docs/quota.md')}`.matchAll(/^\| (`[A-Z]\w+`(?:, `\w+`)*) \| ([^|]*)\|/gm),
    ];
    const documented = rows.flatMap(([, metrics = '', dimensions = '']) => {
      const of = [...dimensions.replace(/:.*/, '').matchAll(/`(\w+)`/g)].map(([, dimension = '']) => dimension);
      return [...metrics.matchAll(/`(\w+)`/g)].map(([, metric = '']) => nameOf(metric, of));
    });
    expect(documented.sort()).toEqual(publishedMetrics());
  });

  it('is each alarm, on the dashboard too', () => {
    const shown = widgets().flatMap(({ properties }) => (properties as { alarms?: string[] }).alarms ?? []);
    const arnOf = (name: string) =>
      `arn:\${AWS::Partition}:cloudwatch:\${AWS::Region}:\${AWS::AccountId}:alarm:${name}`;
    expect(shown.sort()).toEqual(
      alarms()
        .map(({ AlarmName }) => arnOf(AlarmName))
        .sort(),
    );
  });

  it('is on a dashboard with a name of its own in each region, since dashboards are of all regions', () => {
    const names = resourcesOf<{ DashboardName: unknown }>('AWS::CloudWatch::Dashboard').map((one) => one.DashboardName);
    expect(names).toEqual([{ 'Fn::Sub': 'rundrop-prod-${AWS::Region}' }]);
  });

  it('covers the questions, on one dashboard without overlaps', () => {
    const titles = widgets().flatMap(({ properties }) => properties.title ?? []);
    for (const part of [
      'Drops by outcome',
      'oldest drop',
      'Start latency',
      'Runs by status',
      'end of a run',
      'Failures by reason',
    ]) {
      expect(titles.join('\n')).toContain(part);
    }
    for (const part of ['retention mode', 'Days until', 'Dead letters', 'Function errors', 'Function throttles']) {
      expect(titles.join('\n')).toContain(part);
    }
    const cells = widgets().flatMap(({ x, y, width, height }) =>
      Array.from({ length: width * height }, (_, index) => `${x + (index % width)},${y + Math.floor(index / width)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
  });
});

/** What Powertools' logger writes by itself. */
const OF_EVERY_LINE = new Set(['function_name', 'level', 'message', 'xray_trace_id']);

describe('the saved queries', () => {
  it.each([
    ['2026-01-02T03:04:05.678Z 8476a536 Task timed out after 30.03 seconds', 'Task timed out'],
    ['RequestId: 8476a536 Error: Runtime exited with error: signal: killed', 'Runtime exited'],
    ['undefined ERROR Uncaught Exception {"errorType":"Runtime.ImportModuleError"}', 'Runtime.ImportModuleError'],
  ])('find what Lambda writes of a process that ended: %s', (line, crash) => {
    const { Resources } = parse(read('deploy/queries.yml')) as {
      Resources: { ErrorsQuery: { Properties: { QueryString: string } } };
    };
    const [, source = 'none'] = /parse @message \/(.*)\/$/m.exec(Resources.ErrorsQuery.Properties.QueryString) ?? [];
    expect(new RegExp(source).exec(line)?.groups).toMatchObject({ crash });
  });

  it('ask the log groups of all functions, for fields that their lines have', () => {
    const { Resources } = parse(read('deploy/queries.yml')) as {
      Resources: Record<string, { Properties: { LogGroupNames: string; QueryString: string } }>;
    };
    const queries = Object.values(Resources).map(({ Properties }) => Properties);
    expect(queries.length).toBeGreaterThan(3);
    for (const { LogGroupNames } of queries) {
      expect(LogGroupNames).toBe('${file(./deploy/function-names.cjs):logGroups}');
    }
    const { names } = createRequire(import.meta.url)(path.join(ROOT, 'deploy', 'function-names.cjs')) as {
      names: string[];
    };
    const functions = resourcesOf<{ FunctionName: string }>('AWS::Lambda::Function').map(
      ({ FunctionName }) => FunctionName,
    );
    expect(functions.sort()).toEqual(names.map((name) => `rundrop-prod-${name}`));
    const text = filesUnder('lib')
      .map((file) => read(file))
      .join('\n');
    const asked = queries.flatMap(({ QueryString }) => [
      ...[...QueryString.matchAll(/(?:fields| by) ([^|]+)/g)].flatMap(([, list = '']) => list.split(',')),
      ...[...QueryString.matchAll(/(\w+) (?:=|in) /g)].map(([, name = '']) => name),
    ]);
    const own = new Set(
      queries.flatMap(({ QueryString }) => [...QueryString.matchAll(/\(\?<(\w+)>/g)].map(([, name]) => name)),
    );
    const fields = new Set(asked.map((field) => field.trim()).filter((field) => /^\w+$/.test(field)));
    expect(fields.size).toBeGreaterThan(10);
    for (const field of [...fields].filter((one) => !OF_EVERY_LINE.has(one) && !own.has(one))) {
      expect(text, field).toMatch(
        new RegExp(`\\.(?:info|warn|error)\\([^;]*\\b${field}\\b|appendKeys\\([^;]*\\b${field}\\b`),
      );
    }
    for (const [, message = ''] of queries.flatMap(({ QueryString }) => [
      ...QueryString.matchAll(/"([a-z][^"]+ [^"]+)"/g),
    ])) {
      expect(text, message).toContain(`'${message}'`);
    }
  });
});
