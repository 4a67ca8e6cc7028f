import { TransferError } from '#src/core/errors/transfer-error.ts';

/** A request's URL, in the parts that go over the wire. */
export interface RequestTarget {
  /** Scheme, host and port. */
  readonly origin: string;
  /** Host and port: the only part that messages may show. */
  readonly host: string;
  /** Path and query, byte for byte as in the URL. */
  readonly path: string;
}

/** Requires a character that ends the authority; without it, credentials would match as the host. */
const absoluteUrl = /^(https?:\/\/)([^/?#@\\]+)(?=[/?#]|$)([^#]*)/i;

/** Printable ASCII without blanks: the characters of a URL and of a request line. */
const printable = /^[\x21-\x7e]+$/;

/**
 * Splits an absolute URL without parsing its path: parsing turns `a/../b` into `b` and breaks a
 * signature. Drops a fragment. The error's message omits the URL.
 * @throws InvalidInputError - not an absolute http or https URL, or a URL with credentials
 */
export function splitUrl(url: string): RequestTarget {
  const match = printable.test(url) ? absoluteUrl.exec(url) : null;
  const [, scheme, authority, rest = ''] = match ?? [];
  if (!scheme || !authority || !URL.canParse(scheme + authority)) {
    throw new TransferError(
      'InvalidInputError',
      'Invalid URL: must be an absolute http or https URL. The value is not shown, as it may be a secret.',
    );
  }
  const { origin, host } = new URL(scheme + authority);
  return { origin, host, path: rest.startsWith('/') ? rest : `/${rest}` };
}
