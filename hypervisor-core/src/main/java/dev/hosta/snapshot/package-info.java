/**
 * The saved form of a machine: a folder that it can be resumed from, here or elsewhere.
 *
 * <p>Start at {@link dev.hosta.snapshot.SavedForm}; docs/saved-form.md describes the files, what is
 * promised about them, and in which order they are synced. All that is read is untrusted: a folder
 * that is damaged, older or newer than this build reads, or of a machine that cannot run here is
 * refused with a {@link dev.hosta.snapshot.SavedFormException} before anything is touched.
 *
 * <p>Must not know how devices work: their states are records, which {@link
 * dev.hosta.snapshot.RecordCodec} writes down whatever they hold.
 */
package dev.hosta.snapshot;
