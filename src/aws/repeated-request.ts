import {
  type RequestChange,
  RequestTemplate,
  type SigningCredentials,
} from './request-template.ts';
import type {
  SdkReply,
  SdkRequest,
  SdkRequestHandler,
  SendOptions,
} from './undici-request-handler.ts';

/** The part of every SDK client that repeating a request needs. */
export interface SigningClient {
  readonly config: {
    readonly requestHandler: unknown;
    /** Refreshes the credentials before they expire. */
    readonly credentials: () => Promise<SigningCredentials>;
    /** The server's time less this machine's, in ms. */
    systemClockOffset: number;
    readonly disableClockSkewCorrection?: () => Promise<boolean>;
    readonly httpAuthSchemes: readonly { readonly schemeId: string; readonly signer: unknown }[];
  };
}

/** The SDK's signer. It corrects the date by the clock offset, and the offset by each reply's date. */
interface DatedSigner {
  sign(request: object, identity: undefined, properties: object): Promise<SdkRequest>;
  successHandler(response: object, properties: object): void;
}

/**
 * Repeats a request of an SDK client, such as the GETs of one object or the writes to one table. The SDK
 * builds and sends the first request. Each further request is a copy of it with some other fields, which
 * takes a tenth of the CPU time.
 *
 * The SDK receives each reply that is no success, and explains it, tries again or renews the credentials
 * as for its own request.
 */
export class RepeatedRequest {
  readonly #client: SigningClient;
  readonly #signer: DatedSigner;
  #template: RequestTemplate | undefined;

  constructor(client: SigningClient) {
    this.#client = client;
    const schemes = client.config.httpAuthSchemes;
    const scheme = schemes.find(({ schemeId }) => schemeId === 'aws.auth#sigv4');
    this.#signer = scheme?.signer as DatedSigner;
  }

  /**
   * Sends one request.
   * @param change - the fields that differ from the first request
   * @param viaSdk - sends the same request by the client, with these options
   * @returns the reply with status 200 or 206, or the result of `viaSdk`
   * @throws the errors of `viaSdk`
   */
  async send<Output>(
    change: RequestChange,
    viaSdk: (options: SendOptions) => Promise<Output>,
    abortSignal?: AbortSignal,
  ): Promise<{ readonly reply: SdkReply } | { readonly output: Output }> {
    const options: SendOptions = abortSignal ? { abortSignal } : {};
    const signed = await this.#sign(change);
    if (!signed) return { output: await viaSdk({ ...options, onRequest: this.#keep }) };
    const handler = this.#client.config.requestHandler as SdkRequestHandler;
    const earlierReply = handler.handle(signed.request, options);
    const response = await earlierReply.then(
      (reply) => reply.response,
      () => undefined,
    );
    if (response?.statusCode !== 200 && response?.statusCode !== 206) {
      return { output: await viaSdk({ ...options, earlierReply }) };
    }
    signed.succeeded(response);
    return { reply: response };
  }

  readonly #keep = (request: SdkRequest): void => {
    this.#template = RequestTemplate.of(request);
  };

  /** Returns undefined without a template or without credentials: the SDK then reports what is missing. */
  async #sign(change: RequestChange) {
    const template = this.#template;
    if (!template) return undefined;
    const properties = { config: this.#configWith(template, change), context: {} };
    try {
      return {
        request: await this.#signer.sign(unsigned, undefined, properties),
        succeeded: (response: SdkReply) => this.#signer.successHandler(response, properties),
      };
    } catch {
      return undefined;
    }
  }

  /** Returns the config for the SDK's signer. It calls `sign` with the corrected date. */
  #configWith(template: RequestTemplate, change: RequestChange) {
    const { config } = this.#client;
    const sign = async (_: object, { signingDate }: { readonly signingDate: Date }) =>
      template.sign(change, await config.credentials(), signingDate);
    return {
      signer: async () => ({ sign }),
      disableClockSkewCorrection: config.disableClockSkewCorrection,
      get systemClockOffset() {
        return config.systemClockOffset;
      },
      set systemClockOffset(offset: number) {
        config.systemClockOffset = offset;
      },
    };
  }
}

/** The SDK's signer requires the form of a request. */
const unsigned = { protocol: '', hostname: '', method: '', path: '', query: {}, headers: {} };
