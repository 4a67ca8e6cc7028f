import { canary } from '#local/simulators/canaries.ts';
import type { SimulatorClock } from '#local/simulators/clock.ts';
import { hexDigits } from '#local/simulators/randomness.ts';
import type { Random } from '#src/core/ports/clock.ts';
import { jsonReply, type Reply } from './replies.ts';
import type { SelfCommunitySwitches } from './switches.ts';

/** The OAuth2 tokens of one user, with marks that searches find. */
export class Tokens {
  readonly clientId = 'chunkferry';
  readonly clientSecret = `${canary('credential')}c1`;
  refreshToken: string;
  accessToken: string;
  #expiresAt: number;
  readonly #replaced = new Set<string>();
  readonly #clock: SimulatorClock;
  readonly #switches: SelfCommunitySwitches;
  readonly #random: Random;

  constructor(clock: SimulatorClock, switches: SelfCommunitySwitches, random: Random) {
    this.#clock = clock;
    this.#switches = switches;
    this.#random = random;
    this.refreshToken = this.#token('securityToken');
    this.accessToken = this.#token('apiKey');
    this.#expiresAt = this.#end();
  }

  accepts(authorization: string | undefined): boolean {
    const isCurrent = authorization === `Bearer ${this.accessToken}`;
    return isCurrent && this.#clock.now() < this.#expiresAt;
  }

  expire(): void {
    this.#expiresAt = 0;
  }

  /** Answers a refresh (RFC 6749 §6). */
  refresh(fields: Readonly<Record<string, string>>): Reply {
    const isClient =
      fields.client_id === this.clientId && fields.client_secret === this.clientSecret;
    if (!isClient) return jsonReply(401, { error: 'invalid_client' });
    if (fields.grant_type !== 'refresh_token')
      return jsonReply(400, { error: 'unsupported_grant_type' });
    if (fields.refresh_token !== this.refreshToken) return this.#reject(fields.refresh_token);
    this.accessToken = this.#token('apiKey');
    this.#expiresAt = this.#end();
    if (this.#switches.rotatesRefreshToken) {
      this.#replaced.add(this.refreshToken);
      this.refreshToken = this.#token('securityToken');
    }
    const tokens = { access_token: this.accessToken, refresh_token: this.refreshToken };
    return jsonReply(200, {
      ...tokens,
      token_type: 'Bearer',
      expires_in: 36_000,
      scope: 'read write',
    });
  }

  /** A replaced token may be stolen: a service may then end all tokens of the user. */
  #reject(token = ''): Reply {
    if (this.#switches.reusedRefreshToken === 'ends-all' && this.#replaced.has(token)) {
      this.refreshToken = this.#token('securityToken');
      this.expire();
    }
    return jsonReply(400, { error: 'invalid_grant' });
  }

  #token(kind: 'apiKey' | 'securityToken'): string {
    return `${canary(kind)}${hexDigits(this.#random, 18)}`;
  }

  #end(): number {
    const { tokenLifetimeMs } = this.#switches;
    return tokenLifetimeMs === undefined ? Infinity : this.#clock.now() + tokenLifetimeMs;
  }
}
