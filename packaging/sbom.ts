import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Component {
  readonly 'bom-ref': string;
}

interface Dependency {
  readonly ref: string;
  readonly dependsOn?: readonly string[];
}

interface Sbom {
  readonly components: readonly Component[];
  readonly dependencies: readonly Dependency[];
}

/** Lists the content of the bundle in CycloneDX format: what npm knows of the checkout, without packages for development only. */
export function sbomOf(root: string, packages: readonly string[]): string {
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only', '--loglevel', 'error'];
  const all = JSON.parse(execFileSync('npm', args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 26 })) as Sbom;
  const own = all.dependencies[0]?.ref ?? '';
  const bundled = new Set(packages.map(referenceOf));
  const isIn = (reference: string) => bundled.has(reference);
  const components = all.components.filter((component) => isIn(component['bom-ref']));
  const dependencies = all.dependencies
    .filter(({ ref }) => ref === own || isIn(ref))
    .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter(isIn) }));
  return `${JSON.stringify({ ...all, components, dependencies }, null, 2)}\n`;
}

function referenceOf(folder: string): string {
  const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, string>;
  return `${name}@${version}`;
}
