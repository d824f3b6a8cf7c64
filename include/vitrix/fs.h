/* SPDX-License-Identifier: MIT */
/*
 * The virtual file system: what is common to all files.
 *
 *   descriptor --> file --> dentry --> inode --> address_space (page cache)
 *   (files_struct) (open)   (a name)   (the      (its pages in memory)
 *                     |         |       object)
 *                     +--> vfsmount --> super_block --> file_system_type
 *
 * A file system is a leaf: it fills in the _operations and calls back only what this header
 * declares.
 * This header is all of the layer; each part stands in a header of its own, in the order in which
 * they build on each other.
 * Linux's twin: include/linux/fs.h.
 */
#ifndef VITRIX_FS_H
#define VITRIX_FS_H

#include <vitrix/fs_types.h>
#include <vitrix/pagemap.h>
#include <vitrix/inode.h>
#include <vitrix/dcache.h>
#include <vitrix/mount.h>
#include <vitrix/file.h>
#include <vitrix/fdtable.h>
#include <vitrix/fs_struct.h>
#include <vitrix/namei.h>
#include <vitrix/libfs.h>
#include <vitrix/seq_file.h>
#include <vitrix/filelock.h>

#endif
