/** Loaded before every test file: decorators (tsyringe) need the metadata reflection. */
import 'reflect-metadata';
