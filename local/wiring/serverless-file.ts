/**
 * serverless.yml as a CloudFormation template, without the Serverless Framework: the few variables that our file uses,
 * and a function resource for each function. What `serverless package` adds beside (log groups, the deployment bucket)
 * is of no use on a laptop. test/serverless/package.test.ts holds the two together.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { parse, type ScalarTag } from 'yaml';
import { type Template, type TemplateResource, WiringError } from './intrinsics.ts';

type Plain = Readonly<Record<string, unknown>>;

export interface ServerlessFileOptions {
  /** Absolute path of serverless.yml. */
  readonly file: string;
  readonly stage: string;
  /** Replaces `custom.routesFile`: the absolute path of the route file. */
  readonly routesFile: string;
  /** What `${env:NAME}` in the route file may name. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

const INTRINSIC_TAGS: ScalarTag[] = [
  { tag: '!Ref', resolve: (text) => ({ Ref: text }) },
  { tag: '!Sub', resolve: (text) => ({ 'Fn::Sub': text }) },
  { tag: '!GetAtt', resolve: (text) => ({ 'Fn::GetAtt': text.split('.') }) },
];

/** A source with parameters or an address; `${Name}` and `${AWS::Region}` are CloudFormation's. */
const VARIABLE = /\$\{([a-z][a-zA-Z0-9]*)(?:\(([^)]*)\)(?::([^}]*))?|:([^:}][^}]*))\}/g;
const DEEPEST_VARIABLE = 20;

export interface ServerlessFile {
  readonly template: Template;
  /** What `${self:ADDRESS}` means, for example `custom.routes.everyBucket`. */
  value(address: string): Promise<unknown>;
}

/** @throws WiringError when the file uses what this reader does not know. */
export async function readServerlessFile(options: ServerlessFileOptions): Promise<ServerlessFile> {
  const written = asPlain(await parseYamlFile(options.file), options.file);
  const custom = { ...asPlain(written.custom, 'custom'), routesFile: options.routesFile };
  const document: Plain = { ...written, custom };
  const variables = new Variables(document, options);
  const provider = asPlain(document.provider, 'provider');
  const functions = asPlain(await variables.resolve(document.functions), 'functions');
  const shared = asPlain(await variables.resolve(provider.environment ?? {}), 'provider.environment');
  const prefix = `${String(document.service)}-${options.stage}`;

  const template = { Resources: {} as Record<string, TemplateResource>, Parameters: {} };
  for (const [name, description] of Object.entries(functions)) {
    const logicalId = functionLogicalId(name);
    template.Resources[logicalId] = functionResource({ name: `${prefix}-${name}`, description, provider, shared });
  }
  const fragments = document.resources;
  for (const fragment of Array.isArray(fragments) ? fragments : [fragments]) {
    if (isOtherFile(fragment)) continue;
    const resolved = asPlain(await variables.resolve(fragment), 'resources');
    Object.assign(template.Resources, resolved.Resources);
    Object.assign(template.Parameters, resolved.Parameters);
  }
  return { template, value: (address) => variables.follow(document, address, address) };
}

/** The roles: long, and a laptop has no use for them. Whatever is wired is in serverless.yml or follows from the routes. */
function isOtherFile(fragment: unknown): boolean {
  return typeof fragment === 'string' && fragment.startsWith('${file(');
}

/** As the Serverless Framework names a function's resource, for example `OnDashdropLambdaFunction`. */
function functionLogicalId(name: string): string {
  const normalized = name.replaceAll('-', 'Dash').replaceAll('_', 'Underscore');
  return `${normalized.slice(0, 1).toUpperCase()}${normalized.slice(1)}LambdaFunction`;
}

function functionResource(options: {
  name: string;
  description: unknown;
  provider: Plain;
  shared: Plain;
}): TemplateResource {
  const own = asPlain(options.description, options.name);
  return {
    Type: 'AWS::Lambda::Function',
    Properties: {
      FunctionName: own.name ?? options.name,
      Handler: own.handler,
      Timeout: own.timeout ?? options.provider.timeout ?? 6,
      MemorySize: own.memorySize ?? options.provider.memorySize ?? 1024,
      Environment: {
        Variables: { ...options.shared, ...asPlain(own.environment ?? {}, `${options.name}.environment`) },
      },
    },
  };
}

/** The Serverless Framework's variables: `self`, `sls:stage` and `file`. CloudFormation's own `${…}` stay as they are. */
class Variables {
  private readonly document: Plain;
  private readonly options: ServerlessFileOptions;
  private readonly files = new Map<string, Promise<unknown>>();

  constructor(document: Plain, options: ServerlessFileOptions) {
    this.document = document;
    this.options = options;
  }

  async resolve(value: unknown, depth = 0): Promise<unknown> {
    if (depth > DEEPEST_VARIABLE)
      throw new WiringError('The variables of serverless.yml refer to each other in a circle.');
    if (typeof value === 'string') return value.includes('${') ? this.resolveText(value, depth) : value;
    if (Array.isArray(value)) return Promise.all(value.map((item) => this.resolve(item, depth)));
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).map(async ([key, item]) => [key, await this.resolve(item, depth)] as const);
    return Object.fromEntries(await Promise.all(entries));
  }

  private async resolveText(text: string, depth: number): Promise<unknown> {
    const found = [...text.matchAll(VARIABLE)];
    if (found.length === 0) return text;
    const values = await Promise.all(found.map((match) => this.value(match, depth)));
    if (found[0]?.[0] === text) return values[0];
    let position = 0;
    return text.replace(VARIABLE, () => String(values[position++]));
  }

  private async value(match: RegExpExecArray, depth: number): Promise<unknown> {
    const [whole, source, parameter, addressInFile, ownAddress] = match;
    const address = ownAddress ?? addressInFile;
    if (source === 'sls' && address === 'stage') return this.options.stage;
    if (source === 'self' && address) return this.follow(this.document, address, whole, depth);
    if (source === 'file' && parameter) {
      const content = await this.fileContent(parameter);
      return address ? this.follow(content, address, whole, depth) : this.resolve(content, depth + 1);
    }
    throw new WiringError(`serverless.yml uses ${whole}, which the laptop does not know.`);
  }

  async follow(root: unknown, address: string, whole: string, depth = 0): Promise<unknown> {
    let value = root;
    for (const key of address.split('.')) {
      if (typeof value === 'string') value = await this.resolve(value, depth + 1);
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) {
        throw new WiringError(`serverless.yml uses ${whole}, but there is no ${key} in what it refers to.`);
      }
      value = (value as Plain)[key];
    }
    return this.resolve(value, depth + 1);
  }

  private fileContent(name: string): Promise<unknown> {
    const file = path.resolve(path.dirname(this.options.file), name);
    const known = this.files.get(file) ?? this.load(file);
    this.files.set(file, known);
    return known;
  }

  private async load(file: string): Promise<unknown> {
    const extension = path.extname(file);
    if (extension === '.yml') return parseYamlFile(file);
    if (extension === '.json') return JSON.parse(await readFile(file, 'utf8'));
    if (extension !== '.cjs')
      throw new WiringError(`serverless.yml refers to ${file}, a kind of file that the laptop does not read.`);
    const exported: unknown = createRequire(import.meta.url)(file);
    if (typeof exported !== 'function') return exported;
    return exported({
      environment: this.options.environment,
      options: { stage: this.options.stage },
      say: () => undefined,
      resolveConfigurationProperty: (keys: readonly string[]) =>
        this.follow(this.document, keys.join('.'), keys.join('.')),
    });
  }
}

async function parseYamlFile(file: string): Promise<unknown> {
  return parse(await readFile(file, 'utf8'), { customTags: INTRINSIC_TAGS });
}

function asPlain(value: unknown, what: string): Plain {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Plain;
  throw new WiringError(`${what} is not a mapping.`);
}
