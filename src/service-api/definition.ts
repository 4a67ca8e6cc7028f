import type * as z from 'zod/mini';
import type { ApiKeySource } from '#src/core/ports/api-key.ts';
import type { Clock } from '#src/core/ports/clock.ts';
import type { Log } from '#src/core/ports/log.ts';
import type { Transport } from '#src/core/ports/transport.ts';
import type { TakeCall } from '#src/core/rates/call-budget.ts';
import type { DestinationNeeds } from '#src/core/shared-with-infra/permissions.ts';
import type { Destination } from '#src/core/transfer/destination.ts';
import type { DestinationOptions } from '#src/core/transfer/transfer-options.ts';

/** What an adapter gets besides its own settings. */
export interface DestinationResources {
  readonly transport: Transport;
  /** The source of the destination's secret. */
  readonly apiKey: ApiKeySource;
  readonly clock: Clock;
  readonly log: Log;
  /** Reserves each call that has a budget; the shared client of the API calls it. */
  readonly takeCall?: TakeCall | undefined;
  /** The longest time for the reply to a chunk after its last byte, in ms. Default: the adapter's own. */
  readonly uploadReplyMs?: number | undefined;
}

/** How a setting is set, and its reference in docs/configuration.md. */
export interface SettingField {
  /** Its environment variable. */
  readonly variable: string;
  /** The JSON type of its value. Default: text. */
  readonly form?: 'number' | undefined;
  /** As Markdown, such as "`flat`, `key`". */
  readonly type: string;
  readonly description: string;
  /** As Markdown. */
  readonly default: string;
}

/** How an option of one transfer is set, and its reference in docs/input-and-output.md. */
export interface OptionField {
  readonly form: 'text' | 'boolean' | 'json';
  /** Its name as an option of `npm run ingest`, if it differs: "metadata". */
  readonly flag?: string | undefined;
  /** A value for the example of an input. */
  readonly example: unknown;
  /** As Markdown, from a lower-case letter, without a full stop. */
  readonly description: string;
  /** As Markdown. */
  readonly default: string;
}

/** The options of one transfer: fields of the input of a start. An event sets none. */
export interface TransferOptionsForm {
  /** Checks and completes the options. A strict object; a row stores what it returns. */
  readonly schema: z.ZodMiniType<DestinationOptions>;
  /** Every option, by its name in the schema. */
  readonly fields: Readonly<Record<string, OptionField>>;
}

/** What a destination keeps secret. */
export interface SecretForm {
  /** The environment variable of a local run. The secret of a stack has the same text. */
  readonly variable: string;
  /** For messages: "API key", "token". */
  readonly noun: string;
  /** How it is stored: "as plain text". */
  readonly storedAs: string;
  /** Returns why a text is not the secret, such as "is not JSON". Default: it must be a single word. */
  readonly flawOf?: ((text: string) => string | undefined) | undefined;
}

/** Checked settings of any destination. */
export interface BaseSettings {
  /** The server that receives the secret: absolute, with its version path. */
  readonly baseUrl: string;
}

/** The schema of a destination's settings, which checks and completes them. */
export type SettingsSchema = z.ZodMiniType<BaseSettings>;

/**
 * One service, as its folder provides it and the registry lists it. Functions, infrastructure and commands
 * know a destination by this only.
 */
export interface DestinationDefinition<
  Kind extends string = string,
  Schema extends SettingsSchema = SettingsSchema,
> {
  /** Its name in the configuration. */
  readonly kind: Kind;
  /** Its name in texts, such as "TwelveLabs". */
  readonly title: string;
  /** What it needs of the stack besides its calls. Default: nothing. */
  readonly needs?: DestinationNeeds | undefined;
  /** What it makes of an object: "asset", "file". */
  readonly asset: string;
  readonly secret: SecretForm;
  readonly schema: Schema;
  /** Valid settings, for what is asked without a call before there are any, such as a bill. Default: none. */
  readonly example?: z.input<Schema> | undefined;
  /** The folder of its simulator in `local/simulators`, for demos. Default: it has none. */
  readonly simulator?: string | undefined;
  /** Returns the bytes of each chunk of an object; absent if the service chooses. */
  chunkBytesOf?(sizeBytes: number, settings: z.output<Schema>): number;
  /** Every setting, by its name in the schema. */
  readonly fields: { readonly [Name in keyof z.input<Schema>]-?: SettingField };
  /** The options of one transfer. Default: none. */
  readonly transferOptions?: TransferOptionsForm | undefined;
  create(settings: z.output<Schema>, resources: DestinationResources): Destination;
}

/** Any definition, for code that serves all of them. */
export interface AnyDefinition<Kind extends string = string>
  extends Omit<DestinationDefinition<Kind>, 'fields' | 'example'> {
  readonly example?: Readonly<Record<string, unknown>> | undefined;
  readonly fields: Readonly<Record<string, SettingField>>;
}
