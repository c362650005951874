//! Recipes from the bytes of a fuzzer.

use super::{Recipe, Shape};
use alloc::vec::Vec;
use arbitrary::{Arbitrary, Result, Unstructured};

impl Recipe {
    /// A packet of this shape; takes from `u` the bytes that decide what it holds, and no more.
    ///
    /// # Errors
    /// None at present: a packet can be made from no bytes at all.
    pub fn arbitrary_of(shape: Shape, u: &mut Unstructured<'_>) -> Result<Self> {
        let recipe = Self::new(shape, u.peek_bytes(u.len()).unwrap_or_default());
        u.bytes(recipe.choices.len())?;
        Ok(recipe)
    }
}

/// Any shape. To go on with what the packet is made of, borrow it from an [`Arena`](super::Arena).
///
/// ```no_run
/// # use mqttspec_codec::generate::{Arena, Recipe};
/// # use arbitrary::{Arbitrary, Unstructured};
/// # let data = &[0; 64];
/// // What `fuzz_target!(|recipes: Vec<Recipe>| …)` does.
/// let recipes = Vec::<Recipe>::arbitrary(&mut Unstructured::new(data)).expect("recipes");
/// for recipe in &recipes {
///     println!("{}", recipe.packet(&Arena::new()).display(recipe.shape().version()));
/// }
/// ```
impl<'a> Arbitrary<'a> for Recipe {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let shapes: Vec<Shape> = Shape::all().collect();
        let first = u8::arbitrary(u)?;
        Self::arbitrary_of(shapes[usize::from(first) % shapes.len()], u)
    }

    fn size_hint(_: usize) -> (usize, Option<usize>) {
        (1, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What one recipe leaves is for the next.
    #[test]
    fn takes_what_it_needs() {
        let bytes: Vec<u8> = (0..=255).cycle().take(3_000).collect();
        let mut u = Unstructured::new(&bytes);
        let first = Recipe::arbitrary(&mut u).expect("a recipe");
        assert_eq!(u.len(), bytes.len() - 1 - first.choices().len());
        assert_eq!(first.choices(), &bytes[1..=first.choices().len()]);
        let second = Recipe::arbitrary(&mut u).expect("a recipe");
        assert_ne!(first, second);
        assert!(Recipe::arbitrary(&mut Unstructured::new(&[])).is_ok());
    }
}
