export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** One line per event; `message` is a constant phrase and every variable a field. */
export interface Log {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}
