/** What others may build on: one for each transfer that started, and one for each that ended. */
export interface TransferEvent {
  readonly type:
    | 'Transfer Started'
    | 'Transfer Ready'
    | 'Transfer Failed'
    | 'Transfer Superseded'
    | 'Transfer Cancelled'
    | 'Preflight Checked';
  readonly detail: Readonly<Record<string, unknown>>;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export interface EventPublisher {
  /** @throws EventNotPublishedError - it was not taken, or only failed entries came back */
  publish(event: TransferEvent): Promise<void>;
}

/** One message to the operators. */
export interface Notice {
  readonly subject: string;
  readonly text: string;
}

export interface Notifier {
  /** @throws NoticeNotSentError - it was not taken; retryable */
  send(notice: Notice): Promise<void>;
}
