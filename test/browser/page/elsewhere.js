/** What a module worker of this page says. */
export function inWorker() {
  return new Promise((resolve, reject) => {
    const worker = new Worker('worker.js', { type: 'module' });
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = reject;
  });
}

/** What an audio worklet of this page says. */
export async function inWorklet() {
  const audio = new OfflineAudioContext(1, 128, 44100);
  await audio.audioWorklet.addModule('worklet.js');
  const node = new AudioWorkletNode(audio, 'digests');
  const said = new Promise(resolve => {
    node.port.onmessage = ({ data }) => resolve(data);
  });
  node.connect(audio.destination);
  await audio.startRendering();
  return await said;
}

/** Bytes of the largest module of one function that this page compiles at once; up to 64 MB. */
export function synchronousLimit(moduleOf) {
  let [most, least] = [0, 64 * 2 ** 20];
  while (least - most > 1) {
    const size = Math.floor((most + least) / 2);
    try {
      new WebAssembly.Module(moduleOf(size));
      most = size;
    } catch {
      least = size;
    }
  }
  return most;
}
