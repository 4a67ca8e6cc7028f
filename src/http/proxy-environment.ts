import { TransferError } from '#src/core/errors/transfer-error.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The proxies that the environment names. */
export interface Proxies {
  /** The URL of the https proxy; it may hold credentials. */
  readonly https: string | undefined;
  /** The URL of the http proxy; it may hold credentials. */
  readonly http: string | undefined;
  /** Hosts with a direct connection, subdomains included. */
  readonly direct: readonly string[];
}

/** This machine's names: emulators listen here, and a proxy would connect to its own machine. */
const loopback = ['localhost', '127.0.0.1', '::1'];

/**
 * Reads `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, each in lower case first, as curl and Node.js do. A
 * proxy without a scheme uses http. Returns undefined if no proxy is set.
 * @throws ConfigurationError - a value is not the URL of an http or https proxy; the message omits it
 */
export function readProxies(env: Environment): Proxies | undefined {
  const https = proxyUrl(env, 'HTTPS_PROXY');
  const http = proxyUrl(env, 'HTTP_PROXY');
  if (!https && !http) return undefined;
  const named = (variable(env, 'NO_PROXY') ?? '').split(/[,\s]+/).filter((entry) => entry !== '');
  return { https, http, direct: [...named, ...loopback] };
}

function variable(env: Environment, name: string): string | undefined {
  return env[name.toLowerCase()]?.trim() || env[name]?.trim() || undefined;
}

function proxyUrl(env: Environment, name: string): string | undefined {
  const value = variable(env, name);
  if (value === undefined) return undefined;
  const text = /^[a-z][a-z\d+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  if (isProxyUrl(text)) return withoutPath(text);
  throw new TransferError(
    'ConfigurationError',
    `Invalid ${name}: must be the URL of an http or https proxy, such as http://proxy.example.com:3128. The value is not shown, as it may hold a password.`,
  );
}

function isProxyUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && isDecodable(username) && isDecodable(password);
}

/** Removes the path, which undici rejects, and keeps the credentials. */
function withoutPath(text: string): string {
  const url = new URL(text);
  return Object.assign(url, { pathname: '/', search: '', hash: '' }).href;
}

/** Returns true if the HTTP clients can decode the text; otherwise they would throw. */
function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
