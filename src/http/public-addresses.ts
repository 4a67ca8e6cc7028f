import { lookup as lookUp } from 'node:dns';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { ConnectGuard } from './undici.ts';

/** IANA's global unicast block (registry of IPv6 address space, RFC 4291 §2.4). */
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3');

/** The prefix of IPv4 addresses in a network with IPv6 only (NAT64, RFC 6052 §2.1). */
const translated = ipaddr.IPv6.parseCIDR('64:ff9b::/96');

/**
 * Returns true if an address belongs to the public internet: outside all of IANA's special-purpose
 * blocks for IPv4 and IPv6 (RFC 6890), such as private, loopback, link-local with its metadata service,
 * and shared ones. For an IPv4 address inside an IPv6 address, mapped or for NAT64, the IPv4 address counts.
 */
export function isPublicAddress(text: string): boolean {
  const address = effectiveAddress(text);
  if (address?.range() !== 'unicast') return false;
  return address instanceof ipaddr.IPv4 || address.match(globalUnicast);
}

/**
 * The ranges of hosts in private networks, by the names of ipaddr.js. TUN proxies and VPNs resolve every
 * name to an address in a benchmarking (RFC 2544, RFC 5180), reserved or unique local range, and forward
 * its connections.
 */
const privateRanges: Readonly<Record<string, string>> = {
  private: 'a private network',
  carrierGradeNat: 'the shared range 100.64.0.0/10',
  uniqueLocal: 'the unique local range fc00::/7',
  deprecatedSiteLocal: 'the site-local range fec0::/10',
  benchmarking: 'the benchmarking range',
  reserved: 'a reserved range',
};

/** Metadata services inside those ranges, which issue credentials: AWS, Alibaba Cloud and Oracle Cloud. */
const metadataServices = ['fd00:ec2::/32', '100.100.100.200/32', '192.0.0.0/24'].map((block) =>
  ipaddr.parseCIDR(block),
);

/** IPv4's benchmarking range, which ipaddr.js calls reserved. */
const benchmarking = ipaddr.IPv4.parseCIDR('198.18.0.0/15');

/** Returns true for a public address, or an address of a private network. */
function isPublicOrPrivate(text: string): boolean {
  const address = effectiveAddress(text);
  if (!address || isPublicAddress(text)) return address !== undefined;
  return Object.hasOwn(privateRanges, address.range()) && !isMetadataService(address);
}

function isMetadataService(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  return metadataServices.some(
    ([block, bits]) => block.kind() === address.kind() && address.match(block, bits),
  );
}

/** Returns the range of an address that is not public, for messages. */
function rangeOf(text: string): string {
  const address = effectiveAddress(text);
  if (!address) return 'no range, as it is not an address';
  if (isMetadataService(address)) return 'a metadata service';
  if (address instanceof ipaddr.IPv4 && address.match(benchmarking)) {
    return 'the benchmarking range 198.18.0.0/15';
  }
  const range = address.range();
  return privateRanges[range] ?? `the ${range.replace(/[A-Z]/g, '-$&').toLowerCase()} range`;
}

/** Returns the address itself, or the IPv4 address inside it. */
function effectiveAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  if (!ipaddr.isValid(text)) return undefined;
  const address = ipaddr.process(text);
  if (address instanceof ipaddr.IPv4 || !address.match(translated)) return address;
  return ipaddr.IPv4.parse(lastFourBytes(address));
}

function lastFourBytes(address: ipaddr.IPv6): string {
  return address.toByteArray().slice(-4).join('.');
}

/** The allowed hosts of uploads. */
export interface UploadHosts {
  /** The service's configured address. Its host is always allowed: the operator chose it. */
  readonly baseUrl: string;
  /** Whether addresses of private networks are allowed, such as an S3 behind an interface endpoint. */
  readonly mayBePrivate: boolean;
  /** Default: `dns.lookup`. */
  readonly lookup?: LookupFunction;
}

/**
 * Returns a guard that allows sockets only to public addresses and to the configured host. It checks the
 * address at each connection: a public name may later resolve into a private network. Its
 * `UploadHostRejectedError` names the host and the address. Returns undefined for a service without TLS,
 * which runs on this machine.
 */
export function createConnectGuard(hosts: UploadHosts): ConnectGuard | undefined {
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
        } catch (rejection) {
          return callback(rejection as Error, '');
        }
        if (options.all) return callback(null, addresses);
        callback(null, addresses[0]?.address ?? '', addresses[0]?.family);
      });
    },
  };
}

function checkOf(isAllowed: (address: string) => boolean) {
  return (host: string, addresses: readonly { readonly address: string }[]): void => {
    const rejected = addresses.find(({ address }) => !isAllowed(address))?.address;
    if (rejected === undefined) return;
    const resolved = host === rejected ? '' : ` resolves to ${rejected}, which`;
    throw new TransferError(
      'UploadHostRejectedError',
      `Invalid upload host "${host}":${resolved} belongs to ${rangeOf(rejected)}; it must be a public address.`,
    );
  };
}
