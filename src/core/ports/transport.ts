/** One HTTP exchange. The URL may be a secret: it is never logged nor put into an error. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | AsyncIterable<Uint8Array> | undefined;
  readonly signal: AbortSignal;
  /** How long the whole reply may take after the body's last byte, in ms. Default: the transport's own. */
  readonly replyTimeoutMs?: number | undefined;
  /**
   * Whether the headers of a 2xx are enough: where its body can't be read to its end or decoded, it
   * counts as empty. Default: false.
   */
  readonly bodyIsOptional?: boolean | undefined;
}

/** Header names in lower case; the body as text, at most `maxReplyBytes` of it. */
export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly text: string;
}

export interface Transport {
  /**
   * Sends one request and reads the whole reply; follows no redirect and retries nothing. An error
   * thrown by the body's iteration, and a signal's reason, come out as they are.
   * @throws NetworkError - no usable reply
   * @throws RequestTimeoutError - no reply in time
   */
  send(request: HttpRequest): Promise<HttpReply>;
}
