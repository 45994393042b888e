// Reads from an MP4 file what a test wants to know about it (ISO/IEC 14496-12), and nothing else.

type Box = { type: string, content: Buffer }

export type Mp4Facts = {
  boxes: string[]       // the types of the outermost boxes, in order
  seconds: number       // as the whole film says
  tracks: Array<{
    handler: string     // 'vide' for a video
    codec: string
    width: number
    height: number
    seconds: number     // as the track says
    frames: number
    frameBytes: number  // of all frames together
    frameSeconds: number[]  // the different durations of its frames
  }>
  mediaBytes: number    // what is there for all frames
}

/** The facts of an MP4 file whose boxes are of version 0, as FFmpeg writes them for short films. */
export function readMp4 (file: Buffer): Mp4Facts {
  const boxes = boxesIn(file)
  const moov = find(file, 'moov')
  const mvhd = find(moov, 'mvhd')
  return {
    boxes: boxes.map(box => box.type),
    seconds: mvhd.readUInt32BE(16) / mvhd.readUInt32BE(12),
    tracks: boxesIn(moov).filter(box => box.type === 'trak').map(box => readTrack(box.content)),
    mediaBytes: find(file, 'mdat').length
  }
}

function readTrack (trak: Buffer): Mp4Facts['tracks'][number] {
  const tkhd = find(trak, 'tkhd')
  const mdhd = find(trak, 'mdia', 'mdhd')
  const stbl = find(trak, 'mdia', 'minf', 'stbl')
  const stsz = find(stbl, 'stsz')
  const stts = find(stbl, 'stts')
  const timescale = mdhd.readUInt32BE(12)
  const frames = stsz.readUInt32BE(8)
  return {
    handler: find(trak, 'mdia', 'hdlr').toString('latin1', 8, 12),
    codec: find(stbl, 'stsd').toString('latin1', 12, 16),
    width: tkhd.readUInt32BE(76) / 65536,
    height: tkhd.readUInt32BE(80) / 65536,
    seconds: mdhd.readUInt32BE(16) / timescale,
    frames,
    frameBytes: sum(Array.from({ length: frames }, (_, frame) => stsz.readUInt32BE(12 + 4 * frame))),
    frameSeconds: Array.from({ length: stts.readUInt32BE(4) }, (_, run) => stts.readUInt32BE(12 + 8 * run) / timescale)
  }
}

function find (buffer: Buffer, ...path: string[]): Buffer {
  return path.reduce((inner, type) => {
    const box = boxesIn(inner).find(candidate => candidate.type === type)
    if (box === undefined) throw new Error(`no box ${type}`)
    return box.content
  }, buffer)
}

function boxesIn (buffer: Buffer): Box[] {
  const boxes: Box[] = []
  for (let at = 0; at < buffer.length;) {
    const sizeBytes = buffer.readUInt32BE(at)
    if (sizeBytes < 8 || at + sizeBytes > buffer.length) throw new Error(`a box of ${sizeBytes} bytes at ${at} of ${buffer.length}`)
    boxes.push({ type: buffer.toString('latin1', at + 4, at + 8), content: buffer.subarray(at + 8, at + sizeBytes) })
    at += sizeBytes
  }
  return boxes
}

function sum (numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
