import { lookup as lookUp } from 'node:dns';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { TransferError } from '#src/core/errors/errors.ts';
import type { ConnectGuard } from './undici.ts';

/** What IANA has given out as global unicast (registry of IPv6 address space, RFC 4291 §2.4). */
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3');

/** Where a resolver puts IPv4 addresses for a network that has IPv6 only (RFC 6052 §2.1). */
const translated = ipaddr.IPv6.parseCIDR('64:ff9b::/96');

/**
 * Whether an address, as text, is one of the public internet: in none of IANA's special-purpose
 * blocks for IPv4 and IPv6 (RFC 6890), such as private, loopback, link-local with its metadata
 * service, and shared ones. An IPv4 address within an IPv6 one, mapped or for NAT64, is judged itself.
 */
export function isPublicAddress(text: string): boolean {
  const address = judged(text);
  if (address?.range() !== 'unicast') return false;
  return address instanceof ipaddr.IPv4 || address.match(globalUnicast);
}

/**
 * The ranges that private networks give to hosts, by the names of ipaddr.js. TUN proxies and VPNs
 * answer every name with an address of a benchmarking range (RFC 2544, RFC 5180), a reserved one or a
 * unique local one, and lead its connections on.
 */
const privateRanges: Readonly<Record<string, string>> = {
  private: 'a private network',
  carrierGradeNat: 'the shared range 100.64.0.0/10',
  uniqueLocal: 'the unique local range fc00::/7',
  deprecatedSiteLocal: 'the site-local range fec0::/10',
  benchmarking: 'the benchmarking range',
  reserved: 'a reserved range',
};

/** Within those ranges: services that give out credentials, at AWS, Alibaba Cloud and Oracle Cloud. */
const metadataServices = ['fd00:ec2::/32', '100.100.100.200/32', '192.0.0.0/24'].map((block) =>
  ipaddr.parseCIDR(block),
);

/** IPv4's benchmarking range, which ipaddr.js counts among the reserved ones. */
const benchmarking = ipaddr.IPv4.parseCIDR('198.18.0.0/15');

/** Whether an address is a public one or one of a private network. */
function isPublicOrPrivate(text: string): boolean {
  const address = judged(text);
  if (!address || isPublicAddress(text)) return address !== undefined;
  return Object.hasOwn(privateRanges, address.range()) && !isMetadataService(address);
}

function isMetadataService(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  return metadataServices.some(
    ([block, bits]) => block.kind() === address.kind() && address.match(block, bits),
  );
}

/** What an address that is not public belongs to, for messages. */
function rangeOf(text: string): string {
  const address = judged(text);
  if (!address) return 'no range: it is not an address';
  if (isMetadataService(address)) return 'a metadata service';
  if (address instanceof ipaddr.IPv4 && address.match(benchmarking)) {
    return 'the benchmarking range 198.18.0.0/15';
  }
  const range = address.range();
  return privateRanges[range] ?? `the ${range.replace(/[A-Z]/g, '-$&').toLowerCase()} range`;
}

/** The address itself, or the IPv4 one that it stands for. */
function judged(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  if (!ipaddr.isValid(text)) return undefined;
  const address = ipaddr.process(text);
  if (address instanceof ipaddr.IPv4 || !address.match(translated)) return address;
  return ipaddr.IPv4.parse(lastFourBytes(address));
}

function lastFourBytes(address: ipaddr.IPv6): string {
  return address.toByteArray().slice(-4).join('.');
}

/** Where chunks may go. */
export interface UploadHosts {
  /** The service's configured address; its host, wherever it is, was the operator's own choice. */
  readonly baseUrl: string;
  /** Whether addresses of private networks are allowed: for an S3 behind an interface endpoint, say. */
  readonly mayBePrivate: boolean;
  /** Stands in for `dns.lookup`. */
  readonly lookup?: LookupFunction;
}

/**
 * Lets sockets be opened to public addresses and the configured host alone, whatever a name resolves
 * to at that moment, so that a host which was public when it was named can't lead into a private
 * network later. Its `UploadHostRefusedError` names the host and the address. None for a service
 * without TLS, which is on this machine.
 */
export function guardOf(hosts: UploadHosts): ConnectGuard | undefined {
  const { baseUrl, mayBePrivate, lookup = lookUp } = hosts;
  if (!/^https:/i.test(baseUrl) || !URL.canParse(baseUrl)) return undefined;
  const configured = new URL(baseUrl).hostname.replace(/^\[|\]$/g, '');
  const check = checkOf(mayBePrivate ? isPublicOrPrivate : isPublicAddress);
  return {
    checkHost(host) {
      if (host !== configured && ipaddr.isValid(host)) check(host, [{ address: host }]);
    },
    lookup(host, options, callback) {
      if (host === configured) return lookup(host, options, callback);
      lookup(host, { ...options, all: true }, (error, found) => {
        if (error) return callback(error, '');
        const addresses = typeof found === 'string' ? [{ address: found, family: 4 }] : found;
        try {
          check(host, addresses);
        } catch (refusal) {
          return callback(refusal as Error, '');
        }
        if (options.all) return callback(null, addresses);
        callback(null, addresses[0]?.address ?? '', addresses[0]?.family);
      });
    },
  };
}

function checkOf(isGood: (address: string) => boolean) {
  return (host: string, addresses: readonly { readonly address: string }[]): void => {
    const refused = addresses.find(({ address }) => !isGood(address))?.address;
    if (refused === undefined) return;
    const what = host === refused ? 'is' : `resolves to ${refused},`;
    throw new TransferError(
      'UploadHostRefusedError',
      `the upload host ${host} ${what} not a public address: it belongs to ${rangeOf(refused)}`,
    );
  };
}
