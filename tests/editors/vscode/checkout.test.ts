// Definition of a checkout: the extension starts the server where the server will find one.

import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { hasCheckout, isCheckout, isInCheckout } from '../../../editors/vscode/src/checkout.ts';

/** Folders by their parts, directories with a slash at the end. */
const CHECKOUTS = {
  whole: ['image-scripts/images/', 'image-scripts/include/', 'os/configs/image-repository.nix'],
  'without includes': ['image-scripts/images/', 'os/configs/image-repository.nix'],
  'without a repository': ['image-scripts/images/', 'image-scripts/include/'],
  'scripts only': ['images/', 'builders/', 'include/common.sh'],
};

const OTHERS = {
  empty: [],
  'without images': ['image-scripts/include/', 'os/configs/image-repository.nix'],
  'images alone': ['image-scripts/images/'],
  'images that are a file': ['image-scripts/images', 'os/configs/image-repository.nix'],
  'a repository that is a directory': ['image-scripts/images/', 'os/configs/image-repository.nix/'],
  'scripts without builders': ['images/', 'include/common.sh'],
  'scripts without a common.sh': ['images/', 'builders/', 'include/'],
};

describe('checkouts', () => {
  let folder: string;
  const create = async (name: string, parts: string[]): Promise<string> => {
    const root = path.join(folder, name);
    await fs.mkdir(root, { recursive: true });
    for (const part of parts) {
      const file = path.join(root, part);
      await fs.mkdir(part.endsWith('/') ? file : path.dirname(file), { recursive: true });
      if (!part.endsWith('/')) {
        await fs.writeFile(file, '');
      }
    }
    return root;
  };
  before(async () => {
    folder = await fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), 'image-scripts-checkout-')));
  });
  after(() => fs.rm(folder, { recursive: true }));

  for (const [name, parts] of Object.entries(CHECKOUTS)) {
    test(`${name}: a checkout`, async () => {
      assert.equal(await isCheckout(await create(name, parts)), true);
    });
  }

  for (const [name, parts] of Object.entries(OTHERS)) {
    test(`${name}: none`, async () => {
      assert.equal(await isCheckout(await create(name, parts)), false);
    });
  }

  test('files in one are in it, also through a link', async () => {
    const root = await create('around/root', [...CHECKOUTS.whole, 'image-scripts/images/arch/build.sh']);
    const script = path.join(root, 'image-scripts/images/arch/build.sh');
    const link = path.join(folder, 'link.sh');
    await fs.symlink(script, link);
    assert.equal(await isInCheckout(script), true);
    assert.equal(await isInCheckout(link), true);
    assert.equal(await isInCheckout(path.join(folder, 'around')), false);
  });

  test('a folder above one has it, two levels up', async () => {
    await create('one/two/three', CHECKOUTS.whole);
    assert.equal(await hasCheckout(path.join(folder, 'one/two/three/image-scripts/images')), true);
    assert.equal(await hasCheckout(path.join(folder, 'one/two')), true);
    assert.equal(await hasCheckout(path.join(folder, 'one')), true);
    await create('deep/one/two/three', CHECKOUTS.whole);
    assert.equal(await hasCheckout(path.join(folder, 'deep')), false);
    await create('hidden/.git/one', CHECKOUTS.whole);
    assert.equal(await hasCheckout(path.join(folder, 'hidden')), false);
  });
});
