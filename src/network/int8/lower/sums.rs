//! Lowering of sums: residuals, pyramids, factors of channels, clamps.

use super::super::steps::{Clamp, Form, MapId, TERMS_MAX, Term};
use super::{Lowering, Outcome, State};

impl Lowering<'_> {
    pub(super) fn clamped(&mut self, tensor: &str, clamp: Clamp) -> Outcome<State> {
        let joins = self.joins(tensor);
        Ok(match self.state(tensor)? {
            State::Convolution {
                input,
                form,
                convolution,
                residual,
                clamp: None,
            } if joins => State::Convolution {
                input,
                form,
                convolution,
                residual,
                clamp: Some(clamp),
            },
            State::Sum {
                terms,
                offset,
                clamp: None,
            } if joins => State::Sum {
                terms,
                offset,
                clamp: Some(clamp),
            },
            _ => State::Sum {
                terms: vec![self.term(tensor)?],
                offset: None,
                clamp: Some(clamp),
            },
        })
    }

    /// A tensor as a term of a sum; its map is made now.
    pub(super) fn term(&mut self, tensor: &str) -> Outcome<Term> {
        let (map, form) = self.ready(tensor)?;
        Ok(Term::of(map, form))
    }

    /// The terms of a tensor that only a sum reads and that is a sum itself; otherwise its map as the only term.
    pub(super) fn terms(&mut self, tensor: &str) -> Outcome<(Vec<Term>, Option<MapId>)> {
        let joins = self.joins(tensor);
        match self.state(tensor)? {
            State::Sum {
                terms,
                offset,
                clamp: None,
            } if joins => Ok((terms, offset)),
            _ => Ok((vec![self.term(tensor)?], None)),
        }
    }

    pub(super) fn sum(&mut self, a: &str, b: &str) -> Outcome<State> {
        if self.shape(a)? != self.shape(b)? {
            return Err("its terms differ in shape".to_owned());
        }
        // The later of two convolutions takes the other as its residual.
        for (first, second) in [(a, b), (b, a)] {
            let joins = self.joins(second);
            if let State::Convolution {
                input,
                form,
                convolution,
                residual: None,
                clamp: None,
            } = self.state(second)?
                && joins
                && first != second
            {
                let (terms, offset) = self.terms(first)?;
                let [term] = terms[..] else {
                    break;
                };
                if term.form == Form::Floats && term.factor.is_none() && offset.is_none() {
                    let residual = Some(term);
                    return Ok(State::Convolution {
                        input,
                        form,
                        convolution,
                        residual,
                        clamp: None,
                    });
                }
                break;
            }
        }
        let (mut terms, first_offset) = self.terms(a)?;
        let (more, second_offset) = self.terms(b)?;
        if first_offset.is_some() && second_offset.is_some() {
            return Err("both its terms are normalized".to_owned());
        }
        terms.extend(more);
        if terms.len() > TERMS_MAX {
            return Err(format!("it adds more than {TERMS_MAX} maps"));
        }
        Ok(State::Sum {
            terms,
            offset: first_offset.or(second_offset),
            clamp: None,
        })
    }

    /// A map times one factor for each channel.
    pub(super) fn product(&mut self, a: &str, b: &str) -> Outcome<State> {
        let (map, factor) = if self.shape(b)?.height == 1 && self.shape(b)?.width == 1 {
            (a, b)
        } else {
            (b, a)
        };
        let shape = self.shape(factor)?;
        if (shape.height, shape.width, shape.channels) != (1, 1, self.shape(map)?.channels) {
            return Err("it is not a map times one factor for each channel".to_owned());
        }
        let factor = Some(self.floats(factor)?);
        let term = Term {
            factor,
            ..self.term(map)?
        };
        Ok(State::Sum {
            terms: vec![term],
            offset: None,
            clamp: None,
        })
    }
}
