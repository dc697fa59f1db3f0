/** Logs in folders of files, and outputs in a file. */
export { type FileLogOptions, fileLog } from './file-log.js';
export { type FileSinkOptions, toFile } from './file-sink.js';
