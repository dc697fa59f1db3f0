// Puts the 128 samples that a page's sound comes in together to 512.
import chunksUrl from './chunks.worklet.js?url';

/** The samples of a sound file's first channel. */
export async function samplesOf(file: Blob, rate: number): Promise<Float32Array> {
  const context = new OfflineAudioContext(1, 1, rate);
  return (await context.decodeAudioData(await file.arrayBuffer())).getChannelData(0);
}

/** A microphone that is on, paused or not, until it is stopped. */
export interface Microphone {
  pause(isPaused: boolean): void;
  stop(): void;
}

/** Hands on the microphone's chunks. */
export async function microphone(
  rate: number,
  hear: (chunk: Float32Array) => void,
): Promise<Microphone> {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  const context = new AudioContext({ sampleRate: rate });
  await context.audioWorklet.addModule(chunksUrl);
  const chunks = new AudioWorkletNode(context, 'chunks', { numberOfOutputs: 0 });
  chunks.port.onmessage = ({ data }) => hear(data);
  context.createMediaStreamSource(stream).connect(chunks);
  return {
    pause(isPaused) {
      for (const track of stream.getTracks()) track.enabled = !isPaused;
      void (isPaused ? context.suspend() : context.resume());
    },
    stop() {
      for (const track of stream.getTracks()) track.stop();
      void context.close();
    },
  };
}
