import { z } from 'zod';
import { isDuration, quoted } from './invalid.ts';

/** What docs/configuration.md shows for a field. */
export interface Reference {
  readonly description: string;
  readonly type: string;
  /** As Markdown; undefined for a required field. */
  readonly default: string | undefined;
}

/** Returns a field's reference, from its schema and the metadata of every layer around it. */
export function referenceOf(field: z.ZodType): Reference {
  const layers = layersOf(field);
  const text = (name: string) => layers.map((layer) => layer.meta()?.[name]).find(isText);
  return {
    description: text('description') ?? '',
    type: typeOf(layers),
    default: text('default') ?? defaultOf(layers),
  };
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

/** Returns the schema and the schemas that it wraps, the outermost first. */
function layersOf(field: z.ZodType): z.ZodType[] {
  const inner = innerOf(field);
  return inner === undefined ? [field] : [field, ...layersOf(inner)];
}

function innerOf(field: z.ZodType): z.ZodType | undefined {
  if (field instanceof z.ZodPipe) {
    const { in: before, out } = field.def;
    return (before instanceof z.ZodTransform ? out : before) as z.ZodType;
  }
  return field instanceof z.ZodOptional ||
    field instanceof z.ZodDefault ||
    field instanceof z.ZodPrefault ||
    field instanceof z.ZodReadonly
    ? (field.unwrap() as z.ZodType)
    : undefined;
}

function typeOf(layers: readonly z.ZodType[]): string {
  const named = layers.map((layer) => layer.meta()?.type).find(isText);
  const list = layers.find((layer) => layer instanceof z.ZodArray);
  if (named || !list) return named ?? 'object';
  return `list of ${referenceOf(list.unwrap() as z.ZodType).type}`;
}

function defaultOf(layers: readonly z.ZodType[]): string | undefined {
  const layer = layers.find((one) => one instanceof z.ZodDefault);
  if (!layer) return undefined;
  const value = layer.def.defaultValue;
  return isDuration(value) || typeof value === 'number' ? quoted(value) : `\`${quoted(value)}\``;
}
