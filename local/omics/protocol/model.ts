/**
 * The HealthOmics API model: operations, shapes and constraints as data. `model.json` holds facts of AWS's own
 * Apache-2.0 service model; the whole protocol layer is derived from it.
 */
import { readFileSync } from 'node:fs';

export interface OperationModel {
  readonly method: string;
  readonly uri: string;
  readonly status: number;
  readonly input: string;
  readonly output?: string;
}

export interface MemberModel {
  readonly shape: string;
  /** Where the member travels; in the body when absent. */
  readonly in?: 'uri' | 'querystring';
  /** Its name there. */
  readonly as?: string;
}

interface Constraints {
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly enum?: readonly string[];
}

export interface StructureShape extends Constraints {
  readonly type: 'structure';
  readonly members: Readonly<Record<string, MemberModel>>;
  readonly required?: readonly string[];
  readonly union?: boolean;
}

export interface ListShape extends Constraints {
  readonly type: 'list';
  readonly member: string;
}

export interface MapShape extends Constraints {
  readonly type: 'map';
  readonly key: string;
  readonly value: string;
}

export interface SimpleShape extends Constraints {
  readonly type: 'string' | 'integer' | 'boolean' | 'timestamp' | 'blob' | 'document';
}

export type Shape = StructureShape | ListShape | MapShape | SimpleShape;

export interface Model {
  readonly operations: Readonly<Record<string, OperationModel>>;
  /** Operations that HealthOmics has and this emulator has not: name → `METHOD /uri`. */
  readonly notOffered: Readonly<Record<string, string>>;
  readonly shapes: Readonly<Record<string, Shape>>;
}

let loaded: Model | undefined;

/** The model, read at first use. */
export function omicsModel(): Model {
  loaded ??= JSON.parse(readFileSync(new URL('../model.json', import.meta.url), 'utf8')) as Model;
  return loaded;
}

export function shapeOf(model: Model, name: string): Shape {
  const shape = model.shapes[name];
  if (shape === undefined) throw new Error(`model.json has no shape ${name}; it is incomplete.`);
  return shape;
}

export function structureOf(model: Model, name: string): StructureShape {
  const shape = shapeOf(model, name);
  if (shape.type !== 'structure') throw new Error(`${name} in model.json is a ${shape.type}, not a structure.`);
  return shape;
}
