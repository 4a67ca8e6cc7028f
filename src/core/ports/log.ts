export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Writes one line per event. `message` is a constant phrase; variables are fields. */
export interface Log {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}
