/** Maximum length of a key, in bytes of UTF-8 (S3 user guide, "Naming Amazon S3 objects", 2026). */
export const maxKeyBytes = 1_024;

/** Valid keys of S3 that careless code mishandles. None is a folder marker. */
export const oddKeys: Readonly<Record<string, string>> = {
  'climbs out': '../../etc/film.mp4',
  'climbs midway': './a/../b/./c.mp4',
  'is only a step up': 'a/..',
  'begins with a slash': '/rooted.mp4',
  'has empty segments': '//double//slashes///x.mp4',
  'has control characters': 'bell\u0007 escape\u001b[2J\u001b]0;title\u0007 delete\u007f.mp4',
  'has C1 control characters': 'csi\u009b2J nel\u0085.mp4',
  'has a newline': 'line\nbreak.mp4',
  'has a CRLF and a header': 'a\r\nX-Injected: yes\r\n\r\n{"level":"ERROR"}.mp4',
  'has a tab and blanks': ' \t leading and trailing \t ',
  'has emoji': '🎬/👩‍👩‍👧‍👦/film 🎞️.mp4',
  'has combining characters': `e\u0301 n\u0303 ${'\u0301'.repeat(20)}.mp4`,
  'is written right to left': '\u202egpj.4pm\u202c \u200f\u2066עברית\u2069.mp4',
  'has line separators': 'a\u2028b\u2029c.mp4',
  'seems encoded': 'a%2Fb%20c%00%zz+d.mp4',
  'has marks of a URL': 'a?b=c&d#e;f=g@h:i.mp4',
  'has quotes and backslashes': `"double" 'single' \\back\\slash\\n.mp4`,
  'is a command': '$(rm -rf /nowhere) `id` ; $HOME && | > x !!.mp4',
  'is an option': '--force',
  'is JSON': '{"bucket":"other","key":"x"}',
  'is a member of every object': '__proto__',
  'is a constructor': 'constructor',
  'looks like a row': 'chunk#0001#00000001',
  'looks like a template': `{{key}} \${key} $.key States.Format(1) %s %d.mp4`,
  'is as long as can be': `${'k'.repeat(maxKeyBytes - 4)}.mp4`,
  'is as long as can be in two bytes each': `${'é'.repeat((maxKeyBytes - 4) / 2)}.mp4`,
  'is as long as can be in four bytes each': `${'🎬'.repeat((maxKeyBytes - 4) / 4)}.mp4`,
};

/** Keys of one byte more than S3 allows. */
export const tooLongKeys: Readonly<Record<string, string>> = {
  'in ASCII': `${'k'.repeat(maxKeyBytes - 3)}.mp4`,
  'in two bytes each': `k${'é'.repeat((maxKeyBytes - 4) / 2)}.mp4`,
  'in four bytes each': `k${'🎬'.repeat((maxKeyBytes - 4) / 4)}.mp4`,
};
