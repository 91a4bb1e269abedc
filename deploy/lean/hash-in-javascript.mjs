/** In place of the SDK's hashes in JavaScript, which it keeps for a Node that was built without OpenSSL. */
class NoOpenSsl {
  constructor() {
    throw new Error('This Node has no OpenSSL, and hashes in JavaScript are not in this bundle.');
  }
}

export { NoOpenSsl as Md5Js, NoOpenSsl as Sha1Js, NoOpenSsl as Sha256Js };
