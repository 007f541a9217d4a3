import { WorkQueue } from './work-queue.js';

/** Work that ends when it is told to. */
function steps(): {
  work: (name: string) => () => Promise<string>;
  end: (name: string) => void;
  begun: string[];
} {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  return {
    begun,
    work: (name) => () =>
      new Promise((resolve) => {
        begun.push(name);
        ends.set(name, () => resolve(name));
      }),
    end: (name) => ends.get(name)?.(),
  };
}

const full = () => new Error('full');

describe('a queue of work', () => {
  it('runs as much at a time as it may, in the order of arrival', async () => {
    const { work, end, begun } = steps();
    const queue = new WorkQueue({ concurrency: 2, maxWaiting: 2 }, full);
    const results = ['a', 'b', 'c', 'd'].map((name) => queue.run(work(name)));
    expect(begun).toEqual(['a', 'b']);
    end('b');
    await results[1];
    expect(begun).toEqual(['a', 'b', 'c']);
    end('a');
    end('c');
    await results[2];
    end('d');
    expect(await Promise.all(results)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('refuses what would wait too long, and says when to come back', async () => {
    const { work, end, begun } = steps();
    const queue = new WorkQueue({ concurrency: 1, maxWaiting: 1 }, (ms) => new Error(`in ${ms} ms`));
    const [first, second] = [queue.run(work('a')), queue.run(work('b'))];
    expect(() => queue.assertRoom()).toThrow('in 100 ms');
    await expect(queue.run(work('c'))).rejects.toThrow('in 100 ms');
    expect(begun).toEqual(['a']);
    end('a');
    await first;
    expect(() => queue.assertRoom()).not.toThrow();
    end('b');
    await second;
  });

  it('does not begin what nobody waits for any more', async () => {
    const { work, end, begun } = steps();
    const queue = new WorkQueue({ concurrency: 1, maxWaiting: 2 }, full);
    let gone = false;
    const results = [queue.run(work('a')), queue.run(work('b'), () => gone), queue.run(work('c'))];
    gone = true;
    end('a');
    await expect(results[1]).rejects.toThrow('full');
    expect(begun).toEqual(['a', 'c']);
    end('c');
    await Promise.all([results[0], results[2]]);
  });

  it('goes on after work that failed', async () => {
    const queue = new WorkQueue({ concurrency: 1, maxWaiting: 1 }, full);
    const failing = queue.run(() => Promise.reject(new Error('broken')));
    const next = queue.run(() => Promise.resolve('done'));
    await expect(failing).rejects.toThrow('broken');
    expect(await next).toBe('done');
  });
});
