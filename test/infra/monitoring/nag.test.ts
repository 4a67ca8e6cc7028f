import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { monitoredStack } from './monitoring-stack.ts';

describe('cdk-nag’s AwsSolutions pack', () => {
  it('has no finding and no suppression in Monitoring', () => {
    const { app, stack } = monitoredStack(() => ({ alarmEmail: 'ops@example.com' }));
    app.synth();
    const { violations } = new AwsSolutionsChecks(app).validateScope(app);
    const found = violations.flatMap(({ ruleName, violatingResources }) =>
      violatingResources.map(({ constructPath }) => `${ruleName} ${constructPath}`),
    );
    expect(found.length).toBeGreaterThan(0);
    expect(found.filter((one) => one.includes(`${stack.node.path}/Monitoring/`))).toEqual([]);
  });
});
