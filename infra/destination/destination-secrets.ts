import { type CfnSecret, type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { acknowledge } from '#infra/permissions/acknowledge.ts';
import { type DestinationKind, defaultKind, definitionOf } from '#src/destinations/registry.ts';

/**
 * Creates the secret of a destination without a value: the functions would send a generated value to the
 * service as the key. Each kind has a resource of its own, so that a change of the destination never sends
 * the key of one service to another.
 */
export function createEmptySecret(scope: Construct, kind: DestinationKind): ISecret {
  const { noun, storedAs } = definitionOf(kind, 'destination').secret;
  const secret = new Secret(scope, secretId(kind), {
    description: `The service's ${noun}, ${storedAs}. Store it here by hand.`,
  });
  const resource = secret.node.defaultChild as CfnSecret;
  resource.generateSecretString = undefined;
  acknowledge(
    secret,
    'The service issues and revokes the key on request of the operator: AWS cannot rotate it.',
    'SMG4',
  );
  return secret as ISecret;
}

/** The id of the default destination's secret contains no kind, as before there were others. */
function secretId(kind: DestinationKind): string {
  if (kind === defaultKind) return 'ApiKey';
  const words = kind.split('-').map((word) => `${word[0]?.toUpperCase()}${word.slice(1)}`);
  return `${words.join('')}ApiKey`;
}
