/** Turns what an operation answers into what goes on the wire: modelled members only, times as ISO-8601 strings. */
import { type Model, shapeOf } from './model.ts';

/** Timestamps are milliseconds since 1970 inside the emulator. */
export function shapeOutput(model: Model, shapeName: string, value: unknown): unknown {
  if (value === undefined || value === null) return undefined;
  const shape = shapeOf(model, shapeName);
  switch (shape.type) {
    case 'structure': {
      const source = value as Readonly<Record<string, unknown>>;
      const shaped: Record<string, unknown> = {};
      for (const name in shape.members) {
        const member = shape.members[name];
        const inner = source[name];
        if (inner !== undefined && member !== undefined) shaped[name] = shapeOutput(model, member.shape, inner);
      }
      return shaped;
    }
    case 'list':
      return (value as readonly unknown[]).map((item) => shapeOutput(model, shape.member, item));
    case 'map':
      return Object.fromEntries(
        Object.entries(value as Readonly<Record<string, unknown>>).map(([key, item]) => [
          key,
          shapeOutput(model, shape.value, item),
        ]),
      );
    case 'timestamp':
      return new Date(value as number).toISOString();
    case 'string':
    case 'integer':
    case 'boolean':
    case 'blob':
    case 'document':
      return value;
    default:
      return shape satisfies never;
  }
}
