// Files that the server knows, by their paths: no extension for Nix is needed.

import type { DocumentSelector } from 'vscode-languageclient/node';

const PATTERNS = [
  '**/image-scripts/{images,include,builders,tests}/**',
  '**/image-scripts/bin/{config,runner,test}',
  '**/os/configs/*.nix',
  '**/tests/{distributions,all-tests}.nix',
  '**/tests/suite/**/*.nix',
  '**/.image-scripts.toml',
  // As a repository of its own, `image-scripts` may have any name.
  '**/{images,builders}/*/{config,build,setup}.sh',
  '**/include/*.sh',
];

export const DOCUMENT_SELECTOR = PATTERNS.map((pattern) => ({ scheme: 'file', pattern })) satisfies DocumentSelector;
